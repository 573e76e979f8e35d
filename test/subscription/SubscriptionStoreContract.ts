/**
 * The promises of `src/subscription/SubscriptionStore.ts`, held by every store.
 */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import { type Definition, defaultDeliveryRetries } from "../../src/subscription/Subscription.ts"
import type { SubscriptionErrorReason } from "../../src/subscription/SubscriptionError.ts"
import type { StoreError, SubscriptionStore } from "../../src/subscription/SubscriptionStore.ts"

type Store = SubscriptionStore["Service"]

/** A definition that asks for everything. */
export const everything: Definition = { filter: {}, batchMax: 1, retries: defaultDeliveryRetries }

const full: Definition = {
  filter: { types: ["RunFailed"], run: "a\\b", tags: { "team ": "\0red" } },
  batchMax: 7,
  retries: { triesMax: 2, delayMs: 3, delayMaxMs: 4 },
  webhook: { url: "https://example.com/hook", secrets: [`whsec_${"A".repeat(32)}`], timeoutMs: 5 }
}

const reasonOf = <A, R>(
  effect: Effect.Effect<A, StoreError, R>
): Effect.Effect<SubscriptionErrorReason, A, R> =>
  Effect.flatMap(Effect.flip(effect), (error) =>
    error._tag === "SubscriptionError" ? Effect.succeed(error.reason) : Effect.die(error)
  )

const parkedAt = (position: number, tries = 1) => ({ position, error: `no \\ \0 ${position}`, tries, at: 5 })

/** A lease that can be let go before the test ends. */
const leaseUntil = Effect.fnUntraced(function* (store: Store, name: string) {
  const scope = yield* Effect.acquireRelease(Scope.make(), (one) => Scope.close(one, Exit.void))
  const lease = yield* Scope.provide(store.lease(name), scope)
  return { lease, letGo: Scope.close(scope, Exit.void) }
})

/** Holds a kind of store to the promises; `open` makes ways to open a new one, each time as another process would. */
export const subscriptionStoreContract = (
  kind: string,
  open: Effect.Effect<Effect.Effect<Store, never, Scope.Scope>, never, Scope.Scope>
): void => {
  const promise = (
    title: string,
    body: (store: Store, another: Store) => Effect.Effect<void, unknown, Scope.Scope>
  ) =>
    it.live(title, () =>
      Effect.gen(function* () {
        const make = yield* open
        yield* body(yield* make, yield* make)
      })
    )

  describe(kind, () => {
    promise("has nothing at first, and says so of any name", (store) =>
      Effect.gen(function* () {
        expect(yield* store.list).toEqual([])
        for (const ask of [store.get("a"), store.parked("a"), store.remove("a"), store.lease("a")]) {
          expect(yield* reasonOf(Effect.scoped(ask as Effect.Effect<unknown, StoreError>))).toEqual({
            _tag: "Unknown",
            name: "a",
            known: []
          })
        }
      })
    )

    promise("keeps what was added, for whoever opens it", (store, another) =>
      Effect.gen(function* () {
        const added = yield* store.add("b", full, 12)
        expect(added).toMatchObject({ ...full, name: "b", position: 12, parked: 0, stopped: undefined })
        const other = yield* another.add("a", everything, 0)
        expect(yield* another.list).toEqual([other, added])
        expect(yield* store.get("a")).toEqual(other)
        expect(other.id).not.toBe(added.id)
      })
    )

    promise("adds no two of one name, none of a wrong name, none that makes no sense", (store) =>
      Effect.gen(function* () {
        yield* store.add("a", everything, 0)
        expect(yield* reasonOf(store.add("a", full, 3))).toEqual({ _tag: "Exists", name: "a" })
        for (const name of ["", "A", "a.b", "-a", "a b", "a".repeat(65)])
          expect(yield* reasonOf(store.add(name, everything, 0))).toMatchObject({ _tag: "Invalid" })
        const wrong: ReadonlyArray<Partial<Definition>> = [
          { batchMax: 0 },
          { batchMax: 1_001 },
          { retries: { ...defaultDeliveryRetries, triesMax: 0 } },
          { webhook: { url: "ftp://example.com", secrets: [`whsec_${"A".repeat(32)}`], timeoutMs: 1 } },
          {
            webhook: { url: "http://ann:pw@example.com", secrets: [`whsec_${"A".repeat(32)}`], timeoutMs: 1 }
          },
          { webhook: { url: "http://example.com", secrets: ["whsec_AAAA"], timeoutMs: 1 } }
        ]
        for (const part of wrong)
          expect(yield* reasonOf(store.add("b", { ...everything, ...part }, 0))).toMatchObject({
            _tag: "Invalid"
          })
        for (const position of [-1, 0.5, Number.NaN]) {
          expect(yield* reasonOf(store.add("b", everything, position))).toMatchObject({ _tag: "Invalid" })
          expect(yield* reasonOf(store.rewind("a", position))).toMatchObject({ _tag: "Invalid" })
        }
        expect(yield* store.get("a")).toMatchObject({ ...everything, position: 0 })
        expect(yield* store.list).toHaveLength(1)
      })
    )

    promise("one delivers at a time; when it lets go another may", (store, another) =>
      Effect.gen(function* () {
        yield* store.add("a", everything, 0)
        yield* store.add("b", everything, 0)
        const { letGo } = yield* leaseUntil(store, "a")
        for (const other of [store, another]) {
          const reason = yield* reasonOf(Effect.scoped(other.lease("a")))
          expect(reason).toMatchObject({
            _tag: "Delivered",
            holder: expect.stringContaining(String(process.pid))
          })
        }
        yield* another.lease("b")
        yield* letGo
        const lease = yield* another.lease("a")
        expect(yield* lease.load).toMatchObject({ name: "a" })
      })
    )

    promise(
      "records a position and what was parked on the way; it never falls back by that",
      (store, another) =>
        Effect.gen(function* () {
          const { revision } = yield* store.add("a", everything, 0)
          const lease = yield* store.lease("a")
          const park = [parkedAt(5, 3), parkedAt(4)]
          expect(yield* lease.record(revision, { position: 6, park })).toBe(true)
          expect(yield* another.get("a")).toMatchObject({ position: 6, parked: 2 })
          expect(yield* another.parked("a")).toEqual(
            [parkedAt(4), parkedAt(5, 3)].map((one) => ({ ...one, due: false }))
          )
          expect(yield* lease.record(revision, { position: 2, unpark: [4] })).toBe(true)
          expect(yield* lease.load).toMatchObject({ position: 6, parked: 1 })
          expect(yield* lease.record(revision, { park: [parkedAt(5, 2)] })).toBe(true)
          expect(yield* another.parked("a")).toMatchObject([{ position: 5, tries: 5, due: false }])
          expect(yield* lease.record(revision, { stop: "gone" })).toBe(true)
          expect(yield* another.get("a")).toMatchObject({ position: 6, stopped: "gone" })
          expect(yield* another.enable("a")).toMatchObject({ position: 6, stopped: undefined })
        })
    )

    promise("what was asked from outside is not undone by a delivery that began before", (store, another) =>
      Effect.gen(function* () {
        yield* store.add("a", everything, 0)
        const lease = yield* store.lease("a")
        const changes: ReadonlyArray<Effect.Effect<unknown, StoreError>> = [
          another.rewind("a", 1),
          another.redefine("a", full),
          another.enable("a"),
          another.retry("a"),
          another.drop("a")
        ]
        for (const change of changes) {
          const { revision } = yield* lease.load
          yield* change
          const before = yield* store.get("a")
          expect(yield* lease.record(revision, { position: 9, park: [parkedAt(3)], stop: "gone" })).toBe(
            false
          )
          expect(yield* store.get("a")).toEqual(before)
          expect(before).toMatchObject({ position: 1, parked: 0, stopped: undefined })
        }
        const { revision } = yield* lease.load
        yield* another.remove("a")
        expect(yield* lease.record(revision, { position: 9 })).toBe(false)
        yield* another.add("a", everything, 2)
        expect(yield* lease.record(0, { position: 9 })).toBe(false)
        expect(yield* reasonOf(lease.load)).toEqual({ _tag: "Lost", name: "a" })
        expect(yield* store.get("a")).toMatchObject({ position: 2 })
      })
    )

    promise(
      "a rewind forgets what is parked after it, since that comes again, and goes on where it was stopped",
      (store) =>
        Effect.gen(function* () {
          const { revision } = yield* store.add("a", everything, 0)
          const lease = yield* store.lease("a")
          yield* lease.record(revision, {
            position: 9,
            park: [2, 4, 6].map((at) => parkedAt(at)),
            stop: "gone"
          })
          expect(yield* store.rewind("a", 4)).toMatchObject({ position: 4, stopped: undefined })
          expect((yield* store.parked("a")).map(({ position }) => position)).toEqual([2, 4])
          expect(yield* store.rewind("a", 20)).toMatchObject({ position: 20 })
          expect(yield* store.parked("a")).toHaveLength(2)
        })
    )

    promise("marks parked events to deliver again, or drops them: these or all", (store) =>
      Effect.gen(function* () {
        const { revision } = yield* store.add("a", everything, 0)
        yield* store.add("b", everything, 0)
        const lease = yield* store.lease("a")
        const other = yield* store.lease("b")
        yield* lease.record(revision, { position: 9, park: [2, 4, 6, 8].map((at) => parkedAt(at)) })
        yield* other.record(0, { position: 9, park: [parkedAt(4)] })
        expect(yield* reasonOf(store.retry("a", [4, 5, 7]))).toEqual({
          _tag: "NotParked",
          name: "a",
          positions: [5, 7]
        })
        expect(yield* reasonOf(store.drop("a", [3]))).toMatchObject({ _tag: "NotParked" })
        const due = Effect.map(store.parked("a"), (all) =>
          all.map(({ position, due }) => (due ? -position : position))
        )
        expect(yield* due).toEqual([2, 4, 6, 8])
        expect(yield* store.retry("a", [4])).toBe(1)
        expect(yield* due).toEqual([2, -4, 6, 8])
        expect(yield* store.drop("a", [4, 6])).toBe(2)
        expect(yield* store.retry("a")).toBe(2)
        expect(yield* due).toEqual([-2, -8])
        expect(yield* store.drop("a")).toBe(2)
        expect(yield* due).toEqual([])
        expect(yield* store.parked("b")).toMatchObject([{ position: 4, due: false }])
        yield* store.remove("b")
        yield* store.add("b", everything, 0)
        expect(yield* store.parked("b")).toEqual([])
      })
    )
  })
}
