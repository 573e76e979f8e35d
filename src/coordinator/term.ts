/**
 * One term of leadership: take the lead, rebuild the queue from the log, and turn after turn: decide, append,
 * answer, dispatch. Ends when it is told to stop, or with what is wrong with the log.
 *
 * It is a pipeline. While a turn waits for the disk the next one is decided; nobody hears an answer, and nothing is
 * launched, before its turn is durable.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as FiberHandle from "effect/FiberHandle"
import * as FiberSet from "effect/FiberSet"
import * as Semaphore from "effect/Semaphore"
import type { Launcher } from "../launcher/Launcher.ts"
import type { Candidate, EventLog, Lead } from "../log/EventLog.ts"
import type { LogError } from "../log/LogError.ts"
import type { SnapshotStore } from "../log/Snapshots.ts"
import { essence } from "../queue/Facts.ts"
import type { Orders } from "../queue/order.ts"
import type { RunQueue } from "../queue/RunQueue.ts"
import { type Asked, holdings, type Turn, turn } from "../queue/turn.ts"
import type { RunId } from "../run/RunSpec.ts"
import { settings } from "../settings.ts"
import { coordinatorError, whyOf } from "./CoordinatorError.ts"
import type { Letter, Mailbox } from "./Mailbox.ts"
import { recover } from "./recover.ts"
import { Workers } from "./Workers.ts"

/** What a term works with. */
interface Given {
  readonly log: EventLog["Service"]
  readonly snapshots: SnapshotStore
  readonly launcher: Launcher["Service"]
  readonly mailbox: Mailbox
  readonly candidate: Candidate
  readonly orders: Orders
  /** Called with the queue as the log left it, before anything is decided. */
  readonly recovered: (queue: RunQueue) => void
  /** The first commands of the term, by its epoch and the queue as the log left it. */
  readonly opening: (epoch: number, queue: RunQueue) => ReadonlyArray<Asked>
  /** Called after each durable turn. */
  readonly settled: (settled: Settled) => void
}

/** A turn that is durable, answered and dispatched. */
export interface Settled {
  readonly turn: Turn
  /** Whether no run was in flight at its end. */
  readonly idle: boolean
}

interface Decided extends Settled {
  readonly letters: ReadonlyArray<Letter>
  /** Whether the coordinator stops with it. */
  readonly last: boolean
}

const decideTurn = (queue: RunQueue, letters: ReadonlyArray<Letter>, now: number): Decided => {
  const asked = letters.length === 1 ? (letters[0]?.asked ?? []) : letters.flatMap((letter) => letter.asked)
  const decided = turn(queue, asked, now)
  for (const letter of letters) letter.look?.(queue, now)
  const last = letters.at(-1)?.last === true
  return { turn: decided, letters, last, idle: queue.slots.size === 0 }
}

/** The first turn of a term touches besides all that was in flight when the last one ended. */
const withRecovered = (queue: RunQueue, decided: Decided): Decided => {
  const inFlight = Array.from(holdings(queue), ([id, slots]) => ({ run: queue.run(id), slots }))
  return { ...decided, turn: { ...decided.turn, touched: [...inFlight, ...decided.turn.touched] } }
}

const answer = ({ letters, turn: { replies } }: Decided): void => {
  let from = 0
  for (const letter of letters) {
    const upTo = from + letter.asked.length
    letter.answer?.(replies.slice(from, upTo))
    from = upTo
  }
}

/** Runs that begin an attempt with this turn, and whether there was room for it under the rules at its end. */
const fresh = ({ events }: Turn): ReadonlyMap<RunId, boolean> => {
  const runs = new Map<RunId, boolean>()
  for (const { type, run } of events) {
    // A queue that is full lets in whom it can in the midst of a turn, in which other rules may follow.
    if (type === "PolicySet") for (const id of runs.keys()) runs.set(id, false)
    else if (run !== null && (type === "RunAdmitted" || type === "RunResumed"))
      runs.set(run, type === "RunAdmitted")
  }
  return runs
}

const dispatch = Effect.fnUntraced(function* (workers: Workers, decided: Turn) {
  yield* workers.end(decided.touched)
  if (decided.rearranged) yield* workers.permits.rearrange(decided.rearranged)
  workers.begin(decided.touched, fresh(decided))
})

/** Has a turn happen when time has something to decide. An alarm that rings too early only causes an empty turn. */
const makeAlarm = Effect.fnUntraced(function* (mailbox: Mailbox) {
  const sleeper = yield* FiberHandle.make()
  let setFor = Number.POSITIVE_INFINITY
  return (wakesAt: number | undefined, now: number): Effect.Effect<unknown> => {
    if (wakesAt === undefined || wakesAt >= setFor) return Effect.void
    setFor = wakesAt
    const ring = Effect.sync(() => {
      setFor = Number.POSITIVE_INFINITY
      mailbox.wake()
    })
    return FiberHandle.run(sleeper, Effect.andThen(Effect.sleep(Math.max(0, wakesAt - now)), ring))
  }
})

/** A turn on its way to the disk and to those who wait for it, after all that were decided before it. */
type Settling = Fiber.Fiber<void, LogError>

/**
 * Keeps the fold from time to time, so that the next term need not begin at the log's beginning. It is looked at between two
 * turns, and written when what it rests on is durable, while others go on.
 */
const makeKeeper = Effect.fnUntraced(function* ({ log, snapshots }: Given, queue: RunQueue, kept: number) {
  let newest = kept
  const writer = yield* FiberHandle.make<void, LogError>()
  const isDue = (events: number) => {
    if (queue.position - newest < events) return false
    newest = queue.position
    return true
  }
  return {
    afterTurn: (settling: Settling): Effect.Effect<unknown> => {
      if (!isDue(settings.snapshotEvents)) return Effect.void
      const saved = snapshots.save(log, essence(queue))
      return FiberHandle.run(writer, Effect.andThen(Fiber.join(settling), saved))
    },
    /** All turns are durable, and none follows. */
    atRest: Effect.suspend(() =>
      isDue(settings.lastSnapshotEvents) ? snapshots.save(log, essence(queue)) : Effect.void
    )
  }
})

/** The letters of each turn that was begun and is not settled yet, in order. */
type Unsettled = Array<ReadonlyArray<Letter>>

const pipeline = Effect.fnUntraced(function* (
  given: Given,
  lead: Lead,
  queue: RunQueue,
  kept: number,
  workers: Workers,
  unsettled: Unsettled
) {
  const { mailbox } = given
  const keeper = yield* makeKeeper(given, queue, kept)
  const alarm = yield* makeAlarm(mailbox)
  const ahead = yield* Semaphore.make(settings.turnsAheadMax)
  const turns = yield* FiberSet.make<void, LogError>()
  let newest: Settling | undefined

  const decide = Effect.fnUntraced(function* (letters: ReadonlyArray<Letter>) {
    unsettled.push(letters)
    return decideTurn(queue, letters, yield* Clock.currentTimeMillis)
  })

  const settle = Effect.fnUntraced(function* (decided: Decided, before: Effect.Effect<void, LogError>) {
    const { events } = decided.turn
    const appended = events.length > 0 ? lead.append(events) : before
    yield* Effect.ensuring(appended, Semaphore.release(ahead, 1))
    // Whoever was in an earlier turn hears first.
    yield* before
    answer(decided)
    yield* dispatch(workers, decided.turn)
    unsettled.shift()
    given.settled(decided)
  })

  const begin = Effect.fnUntraced(function* (decided: Decided) {
    // At once, on this stack: the log has the next turn at hand when it is done with this one, and refuses it if it is not.
    newest = yield* FiberSet.run(turns, settle(decided, newest ? Fiber.join(newest) : Effect.void))
    yield* keeper.afterTurn(newest)
  })

  // Who waits comes in two halves: while the disk has the one, the other is decided. All at once would take turns with it.
  const wanted = (waiting: number) =>
    unsettled.length === 0
      ? Math.max(settings.firstTurnCommandsMin, Math.ceil(waiting / 2))
      : settings.turnCommandsMax

  const untilLast = Effect.gen(function* () {
    yield* Semaphore.take(ahead, 1)
    const opening = yield* decide([{ asked: given.opening(lead.epoch, queue) }])
    yield* begin(withRecovered(queue, opening))
    for (let last = false; !last; ) {
      yield* alarm(queue.wakesAt, yield* Clock.currentTimeMillis)
      // First room, then letters: those that come while the disk is busy share one turn.
      yield* Semaphore.take(ahead, 1)
      const decided = yield* decide(yield* mailbox.take(wanted))
      last = decided.last
      yield* begin(decided)
    }
    if (newest) yield* Fiber.join(newest)
  })

  yield* Effect.raceFirst(untilLast, FiberSet.join(turns))
  yield* keeper.atRest
})

const failAll = (unsettled: Unsettled, issue: string): void => {
  const unknown = coordinatorError({ _tag: "OutcomeUnknown", issue })
  for (const letter of unsettled.flat()) letter.fail?.(unknown)
}

/** Leads until told to stop. Letting go of it lets go of the log and of the workers, which run on. */
export const term = (given: Given): Effect.Effect<void, LogError> =>
  Effect.scoped(
    Effect.gen(function* () {
      const lead = yield* given.log.lead(given.candidate)
      const { queue, kept } = yield* recover(given.log, given.snapshots, lead.position, given.orders)
      given.recovered(queue)
      const workers = yield* Workers.make(given.launcher, (command) =>
        given.mailbox.post({ id: `${command._tag} ${lead.epoch}`, actor: "launcher", command })
      )
      const unsettled: Unsettled = []
      yield* Effect.raceFirst(pipeline(given, lead, queue, kept, workers, unsettled), workers.broken).pipe(
        Effect.onError((cause) => Effect.sync(() => failAll(unsettled, whyOf(cause))))
      )
    })
  )
