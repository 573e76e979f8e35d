/**
 * The one writer. Takes commands and questions, leads the log term after term, and launches what is admitted.
 */
import { randomUUID } from "node:crypto"
import { hostname } from "node:os"
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { createActor } from "xstate"
import { type CoordinatorState, coordinatorMachine } from "../../machines/coordinatorMachine.ts"
import { Launcher } from "../launcher/Launcher.ts"
import { EventLog } from "../log/EventLog.ts"
import type { LogError } from "../log/LogError.ts"
import { Snapshots } from "../log/Snapshots.ts"
import type { Orders } from "../queue/order.ts"
import { defaultPolicy, Policy } from "../queue/Policy.ts"
import type { Command } from "../queue/QueueCommand.ts"
import type { RunQueue } from "../queue/RunQueue.ts"
import type { Shutdown, ShutdownReport } from "../queue/Shutdown.ts"
import { type Accepted, type Asked, type Reply, signalbox } from "../queue/turn.ts"
import { refusePolicy } from "../queue/validatePolicy.ts"
import { isWaiting } from "../run/lifecycle.ts"
import type { Run } from "../run/Run.ts"
import type { ClaimSlot } from "../run/RunCommand.ts"
import type { RunId } from "../run/RunSpec.ts"
import { settings } from "../settings.ts"
import { software } from "../software.ts"
import { CommandRejected, type CoordinatorError, whyOf } from "./CoordinatorError.ts"
import { Mailbox } from "./Mailbox.ts"
import { type OnSubmit, type Request, review } from "./OnSubmit.ts"
import { shutDown } from "./shutDown.ts"
import { type Settled, term } from "./term.ts"
import { Waiters } from "./Waiters.ts"

/** How a coordinator is set up. */
export interface CoordinatorOptions {
  /** Who starts it, for the record. Default: `signalbox`. */
  readonly actor?: string | undefined
  /** The rules to put in force if others are. Default: those that the log says, in a new log Dagster's. */
  readonly policy?: Policy | undefined
  /** A say over each run before it is recorded. */
  readonly onSubmit?: OnSubmit | undefined
  /** Orders that a policy may call for by name. */
  readonly orders?: Orders | undefined
  /** Whether it admits runs, or only takes commands for a later coordinator. Default: true. */
  readonly admits?: boolean | undefined
  /** How others reach it, for whoever finds the log led. */
  readonly address?: string | undefined
  /** Leads even while another does, who is fenced off thereby. Default: false. */
  readonly takeOver?: boolean | undefined
}

/** The one writer of a log, and what can be asked of it. */
export class Coordinator extends Context.Service<
  Coordinator,
  {
    /** Has a command decided; answers when all that follows from it is durable. */
    readonly ask: (
      command: Command,
      request?: Partial<Request>
    ) => Effect.Effect<Accepted, CommandRejected | CoordinatorError>
    /** Has commands decided in one turn, in their order: after a crash all of them were decided, or none. */
    readonly askAll: (
      commands: ReadonlyArray<Command>,
      request?: Partial<Request>
    ) => Effect.Effect<ReadonlyArray<Result.Result<Accepted, CommandRejected>>, CoordinatorError>
    /** Answers a question to the queue; what the answer rests on is durable. The queue must not be kept. */
    readonly query: <A>(question: (queue: RunQueue, now: number) => A) => Effect.Effect<A, CoordinatorError>
    /** Waits until the run has ended. */
    readonly ended: (run: RunId) => Effect.Effect<Run, CommandRejected | CoordinatorError>
    /**
     * Asks for slots of a pool; answers when the step has them. Fails with `CommandRejected` where the run or its attempt
     * ends before that. Whoever waits no more gives the place in line back by `ReleaseSlot`.
     */
    readonly claim: (
      claim: Omit<ClaimSlot, "_tag">,
      request?: Partial<Request>
    ) => Effect.Effect<Run, CommandRejected | CoordinatorError>
    /** Ends it in one of three ways; answers what became of what ran when it has let go of the log. By default it drains. */
    readonly shutDown: (
      shutdown?: Partial<Shutdown>,
      request?: Partial<Request>
    ) => Effect.Effect<ShutdownReport, CommandRejected | CoordinatorError>
    /** Hands over at once, in whatever state it is, as letting go of it does. */
    readonly stop: Effect.Effect<void>
    /** Waits until it leads no more; fails with what ended it, if it was not told to stop. */
    readonly done: Effect.Effect<void, LogError>
    readonly state: Effect.Effect<CoordinatorState>
  }
>()("signalbox/coordinator/Coordinator") {
  static layer(options: CoordinatorOptions = {}): Layer.Layer<Coordinator, LogError, EventLog | Launcher> {
    return Layer.effect(Coordinator, makeCoordinator(options))
  }
}

/** A name that no store could hold as it is, of half a character, is made whole. */
const asked = (command: Command, actor = signalbox): Asked => ({
  id: randomUUID(),
  actor: actor.toWellFormed(),
  command
})

const samePolicy = Schema.toEquivalence(Policy)

/** The first commands of a term: who leads, and the rules if they are not in force yet. */
const opening =
  ({ actor, policy, orders = {}, admits = true }: CoordinatorOptions) =>
  (epoch: number, queue: RunQueue): ReadonlyArray<Asked> => {
    const start: Command = {
      _tag: "StartCoordinator",
      epoch,
      software,
      host: hostname(),
      pid: process.pid,
      admits
    }
    const wanted = policy ?? (queue.policyNumber === 0 ? defaultPolicy : queue.policy)
    const inForce = queue.policyNumber > 0 && samePolicy(wanted, queue.policy)
    const refused = inForce ? undefined : refusePolicy("SetPolicy", wanted, orders)
    if (refused) throw new CommandRejected({ rejection: refused })
    const set: ReadonlyArray<Command> = inForce ? [] : [{ _tag: "SetPolicy", policy: wanted }]
    return [start, ...set].map((command) => asked(command, actor))
  }

const holder = (address: string | undefined): string => {
  const where = `process ${process.pid} on ${hostname()}`
  return address === undefined ? where : `${where} at ${address}`
}

const accepted = (reply: Reply | undefined): Result.Result<Accepted, CommandRejected> => {
  if (!reply) throw new Error("a command was left without a reply")
  return Result.mapError(reply, (rejection) => new CommandRejected({ rejection }))
}

/** Has it end with a last command, or at once where there is none that it could take; answers what was in flight, if that is known. */
const endBy = (mailbox: Mailbox, fiber: Fiber.Fiber<void, LogError>, last: Asked | false) => {
  const atOnce: Effect.Effect<ReadonlyArray<RunId> | undefined> = Effect.as(Fiber.interrupt(fiber), undefined)
  if (!last) return atOnce
  return Effect.matchEffect(
    mailbox.query((queue) => [...queue.slots.runs()], last),
    { onFailure: () => atOnce, onSuccess: (left) => Effect.as(Fiber.await(fiber), left) }
  )
}

/** Leads until told to stop; where the log fails, recovers from it, as long as that may help. */
const lead = Effect.fnUntraced(function* (options: CoordinatorOptions, mailbox: Mailbox, waiters: Waiters) {
  const log = yield* EventLog
  const launcher = yield* Launcher
  const snapshots = yield* Snapshots
  const machine = createActor(coordinatorMachine).start()
  const ready = yield* Deferred.make<void, LogError>()
  let draining = false
  let stopping = false
  /** In a row: without a turn made durable in between, save the first ones of their terms. */
  let failures = 0

  const settled = ({ turn, idle }: Settled): void => {
    if (machine.getSnapshot().value === "recovering") machine.send({ type: "Recovered" })
    else if (turn.events.length > 0) failures = 0
    draining ||= turn.events.some((event) => event.type === "CoordinatorDraining")
    if (draining) machine.send({ type: "DrainRequested" })
    waiters.settled(turn, idle && draining)
    Deferred.doneUnsafe(ready, Exit.void)
  }
  const oneTerm = Effect.suspend(() =>
    term({
      log,
      snapshots,
      launcher,
      mailbox,
      candidate: { holder: holder(options.address), takeOver: options.takeOver },
      orders: options.orders ?? {},
      recovered: (queue) => waiters.recovered(queue),
      opening: opening({
        ...options,
        // Given for the start: what was put in force since then stays.
        policy: Deferred.isDoneUnsafe(ready) ? undefined : options.policy,
        admits: (options.admits ?? true) && !draining
      }),
      settled
    })
  )
  const recover = (error: LogError): Effect.Effect<void, LogError> => {
    machine.send({ type: "LogFailed" })
    const mayHelp = error.reason._tag === "Unavailable" && Deferred.isDoneUnsafe(ready) && !stopping
    if (!mayHelp || failures === settings.recoveriesMax) return Effect.fail(error)
    return Effect.andThen(Effect.sleep(settings.recoveryDelayMs * 2 ** failures++), terms)
  }
  const terms = Effect.catch(oneTerm, recover)
  const closed = Effect.fnUntraced(function* (exit: Exit.Exit<void, LogError>) {
    machine.send({ type: "Stopped" })
    const why = Exit.isSuccess(exit) ? "it was told to stop" : whyOf(exit.cause)
    yield* mailbox.close(why)
    waiters.fail(why)
    Deferred.doneUnsafe(ready, exit)
  })
  const fiber = yield* Effect.forkScoped(Effect.onExit(terms, closed))
  yield* Deferred.await(ready)

  const letGo = (shutdown: Shutdown, actor = options.actor) =>
    Effect.suspend(() => {
      stopping = true
      const isThere = machine.getSnapshot().value !== "recovering"
      return endBy(mailbox, fiber, isThere && asked({ _tag: "StopCoordinator", ...shutdown }, actor))
    })
  const done = Effect.flatMap(Fiber.await(fiber), (exit) =>
    Exit.isFailure(exit) && Cause.hasInterruptsOnly(exit.cause) ? Effect.void : exit
  )
  return { state: Effect.sync(() => machine.getSnapshot().value), letGo, done }
})

/** Waits until a step has the slots that it has asked for; fails where its run or its attempt ends before that. */
const granted = Effect.fnUntraced(function* (
  mailbox: Mailbox,
  waiters: Waiters,
  { run, attempt, step, pool }: Pick<ClaimSlot, "run" | "attempt" | "step" | "pool">
) {
  const has = ({ claims = [] }: Run) =>
    claims.some((claim) => claim.step === step && claim.pool === pool && claim.granted)
  const isOver = (now: Run) => now.attempt !== attempt || isWaiting(now.state)
  const isDecided = (now: Run) => isOver(now) || has(now)
  const now = yield* Effect.flatten(mailbox.query((queue) => waiters.until(queue.run(run), isDecided)))
  const { state, attempt: current } = now
  const refused = { command: "ClaimSlot", run } as const
  // The step is gone with its attempt.
  if (isOver(now))
    return yield* new CommandRejected({ rejection: { _tag: "StaleAttempt", ...refused, attempt, current } })
  if (has(now)) return now
  return yield* new CommandRejected({ rejection: { _tag: "StateRefuses", ...refused, state, allowed: [] } })
})

const makeCoordinator = Effect.fnUntraced(function* (options: CoordinatorOptions) {
  const mailbox = yield* Mailbox.make
  const waiters = new Waiters()
  const { state, letGo, done } = yield* lead(options, mailbox, waiters)
  const from = ({ actor = options.actor ?? signalbox, headers = {} }: Partial<Request>): Request => ({
    actor,
    headers
  })

  const ask: Coordinator["Service"]["ask"] = (command, request = {}) => {
    const by = from(request)
    const decided = (reviewed: Command) =>
      Effect.flatMap(mailbox.ask([asked(reviewed, by.actor)]), ([reply]) =>
        Effect.fromResult(accepted(reply))
      )
    const { onSubmit } = options
    return onSubmit
      ? Effect.flatMap(review(onSubmit, command, by), decided)
      : Effect.suspend(() => decided(command))
  }
  const askAll: Coordinator["Service"]["askAll"] = Effect.fnUntraced(function* (commands, request = {}) {
    const by = from(request)
    const { onSubmit } = options
    const reviewed = onSubmit
      ? yield* Effect.forEach(commands, (one) => Effect.result(review(onSubmit, one, by)))
      : commands.map((one) => Result.succeed(one))
    const passed = reviewed.flatMap((one) => (Result.isSuccess(one) ? [asked(one.success, by.actor)] : []))
    const replies = (yield* mailbox.ask(passed)).values()
    return reviewed.map((one) => Result.flatMap(one, () => accepted(replies.next().value)))
  })

  const query: Coordinator["Service"]["query"] = (question) => mailbox.query(question)
  const stop = Effect.asVoid(letGo({ mode: "handover" }))
  yield* Effect.addFinalizer(() => stop)

  return Coordinator.of({
    ask,
    askAll,
    query,
    ended: Effect.fnUntraced(function* (id) {
      const end = yield* mailbox.query((queue) => {
        const run = queue.runs.get(id)
        return run && waiters.endOf(run)
      })
      return end
        ? yield* end
        : yield* new CommandRejected({ rejection: { _tag: "RunUnknown", command: "ended", run: id } })
    }),
    claim: ({ run, attempt, step, pool, ...rest }, request) =>
      Effect.andThen(
        ask({ _tag: "ClaimSlot", run, attempt, step, pool, ...rest }, request),
        granted(mailbox, waiters, { run, attempt, step, pool })
      ),
    shutDown: (shutdown = {}, request = {}) =>
      shutDown({ ask, askAll, query, allQuiet: waiters.allQuiet, letGo }, shutdown, from(request)),
    stop,
    done,
    state
  })
})
