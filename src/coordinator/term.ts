/**
 * One term of leadership: take the lead, rebuild the queue from the log, and turn after turn: decide, append,
 * answer, dispatch. Ends when it is told to stop, or with what is wrong with the log.
 *
 * The three loops are one pipeline. While a turn waits for the disk the next one is decided; nobody hears an
 * answer, and nothing is launched, before its turn is durable.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as FiberHandle from "effect/FiberHandle"
import * as Queue from "effect/Queue"
import * as Semaphore from "effect/Semaphore"
import { replay } from "../history/replay.ts"
import type { Launcher } from "../launcher/Launcher.ts"
import type { Candidate, EventLog, Lead } from "../log/EventLog.ts"
import type { LogError } from "../log/LogError.ts"
import type { Orders } from "../queue/order.ts"
import type { RunQueue } from "../queue/RunQueue.ts"
import { type Asked, holdings, type Turn, turn } from "../queue/turn.ts"
import type { RunId } from "../run/RunSpec.ts"
import { settings } from "../settings.ts"
import { coordinatorError } from "./CoordinatorError.ts"
import type { Letter, Mailbox } from "./Mailbox.ts"
import { Workers } from "./Workers.ts"

/** What a term works with. */
export interface Given {
  readonly log: EventLog["Service"]
  readonly launcher: Launcher["Service"]
  readonly mailbox: Mailbox
  readonly candidate: Candidate
  readonly orders: Orders
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
  const last = asked.some(({ command }) => command._tag === "StopCoordinator")
  return { turn: decided, letters, last, idle: queue.slots.size === 0 }
}

/** The first turn of a term touches all that was in flight when the last one ended. */
const withRecovered = (queue: RunQueue, decided: Decided): Decided => {
  const touched = Array.from(holdings(queue), ([id, slots]) => ({ run: queue.run(id), slots }))
  return { ...decided, turn: { ...decided.turn, touched } }
}

const answer = ({ letters, turn: { replies } }: Decided): void => {
  let from = 0
  for (const letter of letters) {
    const upTo = from + letter.asked.length
    letter.answer?.(replies.slice(from, upTo))
    from = upTo
  }
}

const admitted = ({ events }: Turn): ReadonlySet<RunId> => {
  const runs = new Set<RunId>()
  for (const event of events) if (event.type === "RunAdmitted") runs.add(event.run)
  return runs
}

const dispatch = Effect.fnUntraced(function* (workers: Workers, decided: Turn) {
  yield* workers.end(decided.touched)
  if (decided.rearranged) yield* workers.permits.rearrange(decided.rearranged)
  workers.begin(decided.touched, admitted(decided))
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

const pipeline = Effect.fnUntraced(function* (given: Given, lead: Lead, queue: RunQueue, workers: Workers) {
  const { mailbox } = given
  const alarm = yield* makeAlarm(mailbox)
  const ahead = yield* Semaphore.make(settings.turnsAheadMax)
  const toAppend = yield* Queue.unbounded<Decided>()
  const toSettle = yield* Queue.unbounded<Decided>()
  const unsettled: Array<Decided> = []

  const pass = (decided: Decided) => {
    unsettled.push(decided)
    return Queue.offer(toAppend, decided)
  }

  const decideLoop = Effect.gen(function* () {
    const opened = yield* Clock.currentTimeMillis
    const opening = decideTurn(queue, [{ asked: given.opening(lead.epoch, queue) }], opened)
    yield* Semaphore.take(ahead, 1)
    yield* pass(withRecovered(queue, opening))
    for (let last = false; !last; ) {
      yield* alarm(queue.wakesAt, yield* Clock.currentTimeMillis)
      // First room, then letters: those that come while the disk is busy share one turn.
      yield* Semaphore.take(ahead, 1)
      const letters = yield* mailbox.take
      const decided = decideTurn(queue, letters, yield* Clock.currentTimeMillis)
      last = decided.last
      yield* pass(decided)
    }
  })

  const appendLoop = Effect.gen(function* () {
    for (let last = false; !last; ) {
      const decided = yield* Queue.take(toAppend)
      if (decided.turn.events.length > 0) yield* lead.append(decided.turn.events)
      yield* Semaphore.release(ahead, 1)
      yield* Queue.offer(toSettle, decided)
      last = decided.last
    }
  })

  const settleLoop = Effect.gen(function* () {
    for (let last = false; !last; ) {
      const decided = yield* Queue.take(toSettle)
      answer(decided)
      yield* dispatch(workers, decided.turn)
      unsettled.shift()
      given.settled(decided)
      last = decided.last
    }
  })

  const failUnsettled = (error: LogError) => {
    const unknown = coordinatorError({ _tag: "OutcomeUnknown", issue: error.message })
    for (const { letters } of unsettled) for (const letter of letters) letter.fail?.(unknown)
  }

  yield* Effect.all([decideLoop, appendLoop, settleLoop], { concurrency: "unbounded", discard: true }).pipe(
    Effect.tapError((error) => Effect.sync(() => failUnsettled(error)))
  )
})

/** Leads until told to stop. Letting go of it lets go of the log and of the workers, which run on. */
export const term = (given: Given): Effect.Effect<void, LogError> =>
  Effect.scoped(
    Effect.gen(function* () {
      const lead = yield* given.log.lead(given.candidate)
      const queue = yield* replay(given.log.read({ upTo: lead.position }), given.orders)
      const workers = yield* Workers.make(given.launcher, (command) =>
        given.mailbox.post({ id: `${command._tag} ${lead.epoch}`, actor: "launcher", command })
      )
      yield* Effect.raceFirst(pipeline(given, lead, queue, workers), workers.broken)
    })
  )
