/**
 * What holds of every kind of log that is made out of another one.
 */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import fc from "fast-check"
import type { Entry, Head } from "../../../src/log/EventLog.ts"
import type { ImportError } from "../../../src/log/ImportError.ts"
import type { LogError } from "../../../src/log/LogError.ts"
import { verifyEntries } from "../../../src/log/verifyEntries.ts"
import { arbitraryEvent, placed } from "../arbitraryEvent.ts"
import { type Log, notes } from "../contract/Contract.ts"
import { entriesOf, plain } from "./entriesOf.ts"

/** A place where no log is yet. */
interface Place {
  readonly restore: <E>(entries: Stream.Stream<Entry, E>) => Effect.Effect<Head, E | ImportError | LogError>
  readonly open: Effect.Effect<Log, never, Scope.Scope>
}

const many = 2_500

const flawed = (entries: ReadonlyArray<Entry>): Readonly<Record<string, ReadonlyArray<Entry>>> => {
  const last = entries.at(-1) as Entry
  const row = last.row.with(6, "someone else") as unknown as Entry["row"]
  return {
    "begins later": entries.slice(1),
    "has a gap": entries.toSpliced(many - 9, 1),
    "has an event twice": entries.toSpliced(many - 9, 0, entries[many - 9] as Entry),
    "has two events in each other's place": [...entries.slice(0, -2), last, entries.at(-2) as Entry],
    "was altered": entries.with(-1, { ...last, row }),
    "has another hash": entries.with(-1, { ...last, hash: new Uint8Array(32) }),
    "has half a hash": entries.with(-1, { ...last, hash: last.hash.subarray(16) }),
    "holds nothing": []
  }
}

/** Says it of the places that `empty` makes. */
export const restoreContract = (name: string, empty: Effect.Effect<Place, never, Scope.Scope>): void =>
  void describe(name, () => {
    it.live("has every position, column and hash of the log that it was made of", () =>
      Effect.promise(() =>
        fc.assert(
          fc.asyncProperty(fc.array(arbitraryEvent, { minLength: 1, maxLength: 9 }), (events) =>
            Effect.gen(function* () {
              const { open, restore } = yield* empty
              const entries = entriesOf(placed(0, events))
              const epoch = Math.max(...events.map((event) => event.epoch))
              const head = { position: events.length, epoch }
              expect(yield* restore(Stream.fromIterable(entries))).toEqual(head)
              const log = yield* open
              expect(plain(yield* Stream.runCollect(log.entries()))).toEqual(plain(entries))
              expect(yield* log.head).toEqual(head)
            }).pipe(Effect.scoped, Effect.runPromise)
          ),
          { numRuns: 12 }
        )
      )
    )

    it.live("is led under a higher epoch than any before, and goes on with the chain", () =>
      Effect.gen(function* () {
        const { open, restore } = yield* empty
        const events = notes(0, many).map((event) => ({
          ...event,
          epoch: 1 + Math.floor(event.position / 400)
        }))
        yield* restore(Stream.fromIterable(entriesOf(events)))
        const log = yield* open
        const lead = yield* log.lead({ holder: "ann" })
        expect(lead).toMatchObject({ position: many, epoch: 8 })
        yield* lead.append(notes(many, 2))
        expect(yield* verifyEntries(log.entries())).toMatchObject({ position: many + 2, found: undefined })
      })
    )

    it.live("is not made of anything but a whole log as it was written; then there is nothing of it", () =>
      Effect.gen(function* () {
        const { open, restore } = yield* empty
        const entries = entriesOf(notes(0, many))
        for (const [flaw, wrong] of Object.entries(flawed(entries))) {
          const error = yield* Effect.flip(restore(Stream.fromIterable(wrong)))
          expect(error, flaw).toMatchObject({ _tag: "ImportError", place: "event" })
        }
        const cut = Stream.concat(Stream.fromIterable(entries), Stream.fail("the line is dead" as const))
        expect(yield* Effect.flip(restore(cut))).toBe("the line is dead")

        yield* restore(Stream.fromIterable(entries))
        expect(plain(yield* Stream.runCollect((yield* open).entries()))).toEqual(plain(entries))
      })
    )

    it.live("is not made where a log is", () =>
      Effect.gen(function* () {
        const { open, restore } = yield* empty
        const log = yield* open
        yield* Effect.scoped(Effect.flatMap(log.lead({ holder: "ann" }), ({ append }) => append(notes(0, 2))))
        const before = plain(yield* Stream.runCollect(log.entries()))
        const error = yield* Effect.flip(restore(Stream.fromIterable(entriesOf(notes(0, 3)))))
        expect(error).toMatchObject({ reason: { _tag: "NotEmpty" } })
        expect(plain(yield* Stream.runCollect(log.entries()))).toEqual(before)
      })
    )

    it.live("is seen by nobody before it is whole", () =>
      Effect.gen(function* () {
        const { open, restore } = yield* empty
        const log = yield* open
        const seen: Array<number> = []
        const look = Effect.map(
          Effect.catchTag(log.head, "LogError", () => Effect.succeed({ position: 0 })),
          ({ position }) => seen.push(position)
        )
        const entries = Stream.fromIterable(entriesOf(notes(0, many)))
        const watched = Stream.tap(entries, ({ row }) => (row[0] % 500 === 0 ? look : Effect.void))
        yield* restore(watched)
        yield* look
        expect(seen).toEqual([0, 0, 0, 0, 0, many])
      })
    )
  })
