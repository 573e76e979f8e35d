import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import type * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { type Preview, previewPolicy } from "../history/previewPolicy.ts"
import { type Admission, lastAdmission, type Why, why } from "../history/why.ts"
import { EventLog, type Range } from "../log/EventLog.ts"
import type { Event } from "../queue/Event.ts"
import { defaultPolicy, Policy } from "../queue/Policy.ts"
import type { Command } from "../queue/QueueCommand.ts"
import type { Shutdown, ShutdownReport } from "../queue/Shutdown.ts"
import { type Selection, select } from "../queue/select.ts"
import type { Accepted } from "../queue/turn.ts"
import type { Run } from "../run/Run.ts"
import type { ClaimSlot } from "../run/RunCommand.ts"
import type { RunId } from "../run/RunSpec.ts"
import { settings } from "../settings.ts"
import type { SubscriptionStore } from "../subscription/SubscriptionStore.ts"
import { type SubscribeOptions, subscribe } from "../subscription/subscribe.ts"
import { Coordinator } from "./Coordinator.ts"
import { CommandRejected } from "./CoordinatorError.ts"
import { chunked, type NewRun, type Submitting, specOf, submitChunk, submitOf } from "./NewRun.ts"
import type { Request } from "./OnSubmit.ts"

/** What an open Signalbox is made of. */
export type Services = Coordinator | EventLog | SubscriptionStore

const strict = { onExcessProperty: "error", errors: "all" } as const
const decodePolicy = Schema.decodeUnknownEffect(Policy)
/** Deliveries that go on. */
export interface Subscribed extends AsyncDisposable {
  /**
   * Resolves when it was closed, or has come to the end and does not follow; rejects with `SubscriptionError` or
   * `LogError` where it cannot go on.
   */
  readonly ended: Promise<void>
  /** Ends the deliveries. What was being delivered is delivered again another time. */
  readonly close: () => Promise<void>
}

/** A log, launchers and a coordinator that leads, in one object. All it does is asked and answered by promises. */
export class Signalbox implements AsyncDisposable {
  /** What it is made of, for programs that use Effect besides. */
  readonly services: Context.Context<Services>
  private readonly scope: Scope.Closeable
  private readonly closed = Deferred.makeUnsafe<void>()

  constructor(services: Context.Context<Services>, scope: Scope.Closeable) {
    this.services = services
    this.scope = scope
  }

  private run<A, E>(use: (coordinator: Coordinator["Service"]) => Effect.Effect<A, E>): Promise<A> {
    return Effect.runPromise(Effect.suspend(() => use(Context.get(this.services, Coordinator))))
  }

  /** Puts a run under coordination; answers the run, once that is durable. Rejects with `CommandRejected`. */
  submit(run: NewRun, { idempotencyKey, ...request }: Submitting = {}): Promise<Run> {
    return this.run((coordinator) =>
      Effect.flatMap(Effect.fromResult(specOf(run)), (spec) =>
        ofRun(coordinator.ask(submitOf(spec, idempotencyKey), request))
      )
    )
  }

  /**
   * Puts many runs under coordination, in chunks, of which each is decided in one turn: after a crash all of it was, or none.
   * Answers what came of each, in their order. With an `idempotencyKey` each has that key and its own number behind it, so
   * that the same call may be made again.
   */
  submitAll(
    runs: Iterable<NewRun>,
    { idempotencyKey: key, ...request }: Submitting = {}
  ): Promise<ReadonlyArray<Result.Result<Run, CommandRejected>>> {
    return this.run((coordinator) => {
      const submit = (chunk: ReadonlyArray<NewRun>, nth: number) =>
        submitChunk(coordinator, chunk, request, (at) =>
          key === undefined ? undefined : `${key}#${nth * settings.submitChunkRuns + at + 1}`
        )
      // One chunk is decided while the one before it is made durable.
      const chunks = Effect.forEach(chunked(runs, settings.submitChunkRuns), submit, { concurrency: 2 })
      return Effect.map(chunks, (all) => all.flat())
    })
  }

  /** Ends a run: at once while it waits, else by stopping its worker. Rejects with `CommandRejected`. */
  cancel(
    run: RunId,
    { reason, ...request }: Partial<Request> & { readonly reason?: string } = {}
  ): Promise<Run> {
    const command = { _tag: "CancelRun", run, ...(reason !== undefined && { reason }) } as const
    return this.run((coordinator) => ofRun(coordinator.ask(command, request)))
  }

  /** Has any other command decided, such as `HoldRun` or `PauseAdmission`; answers its run, if it is about one. */
  async ask(command: Command, request?: Partial<Request>): Promise<Run | undefined> {
    const { run } = await this.run((coordinator) => coordinator.ask(command, request))
    return run
  }

  /** Has commands decided in one turn: after a crash all of them were decided, or none. In their order, what came of each. */
  askAll(
    commands: ReadonlyArray<Command>,
    request?: Partial<Request>
  ): Promise<ReadonlyArray<Result.Result<Accepted, CommandRejected>>> {
    return this.run((coordinator) => coordinator.askAll(commands, request))
  }

  /** Asks for slots of a pool for a step of a run; answers when it has them. */
  claim(claim: Omit<ClaimSlot, "_tag">, request?: Partial<Request>): Promise<Run> {
    return this.run((coordinator) => coordinator.claim(claim, request))
  }

  /** Puts other rules in force; what they leave out is Dagster's default. */
  async setPolicy(
    policy: Partial<Policy>,
    { reason, ...request }: Partial<Request> & { readonly reason?: string } = {}
  ) {
    await this.run((coordinator) =>
      Effect.flatMap(decodePolicy({ ...defaultPolicy, ...policy }, strict), (decoded) =>
        coordinator.ask(
          { _tag: "SetPolicy", policy: decoded, ...(reason !== undefined && { reason }) },
          request
        )
      )
    )
  }

  /** What a policy would do if it were set now; what it leaves out is Dagster's default. Rejects with `CommandRejected`. */
  previewPolicy(policy: Partial<Policy>): Promise<Preview> {
    return this.run((coordinator) =>
      Effect.flatMap(decodePolicy({ ...defaultPolicy, ...policy }, strict), (decoded) =>
        Effect.flatMap(
          coordinator.query((queue, now) => previewPolicy(queue, decoded, now)),
          (result) =>
            Effect.mapError(Effect.fromResult(result), (rejection) => new CommandRejected({ rejection }))
        )
      )
    )
  }

  /** The run as it is now; undefined if there is none. */
  get(run: RunId): Promise<Run | undefined> {
    return this.run((coordinator) => coordinator.query((queue) => queue.runs.get(run)))
  }

  /** The runs that meet the selection, in the order of their submission. */
  list(selection?: Selection): Promise<ReadonlyArray<Run>> {
    return this.run((coordinator) => coordinator.query((queue) => select(queue, selection)))
  }

  /** Where a run stands, why it waits, what would start it and when; undefined if there is no such run. */
  why(run: RunId): Promise<Why | undefined> {
    return this.run((coordinator) => coordinator.query((queue, now) => why(queue, run, now)))
  }

  /** When and why a run was last let in; undefined if it never was. */
  admission(run: RunId): Promise<Admission | undefined> {
    const log = Context.get(this.services, EventLog)
    return Effect.runPromise(lastAdmission(log.read({ run })))
  }

  /** The run, once it has ended. */
  ended(run: RunId): Promise<Run> {
    return this.run((coordinator) => coordinator.ended(run))
  }

  /** The events of a range; with `follow`, then each as it is written, until it is closed. */
  events({ follow = false, ...range }: Range & { readonly follow?: boolean } = {}): AsyncIterable<Event> {
    const log = Context.get(this.services, EventLog)
    const changes = Stream.interruptWhen(log.changes(range), Deferred.await(this.closed))
    return Stream.toAsyncIterable(follow ? changes : log.read(range))
  }

  /**
   * Delivers events to a function, each at least once and in order, from where the subscription of that name has come
   * to; until it or this Signalbox is closed. How it ends is told by `ended`, which is to be awaited.
   */
  subscribe(options: SubscribeOptions): Subscribed {
    const delivered = Effect.provide(subscribe(options), this.services)
    const fiber = Effect.runSync(Effect.forkIn(delivered, this.scope))
    const ended = Effect.runPromise(
      Effect.flatMap(Fiber.await(fiber), (exit) =>
        Exit.isFailure(exit) && !Cause.hasInterruptsOnly(exit.cause) ? exit : Effect.void
      )
    )
    const close = () => Effect.runPromise(Fiber.interrupt(fiber))
    return { ended, close, [Symbol.asyncDispose]: close }
  }

  /**
   * Ends in one of three ways, by default by a drain: admits nothing more, waits for what runs, and lets go of the log. What
   * still runs then goes on if it is a process, for a later Signalbox to take up, and is lost if it is a job of this program.
   * Answers what became of what ran; undefined if it had stopped already.
   */
  async close(
    shutdown: Partial<Shutdown> = {},
    request: Partial<Request> = {}
  ): Promise<ShutdownReport | undefined> {
    const report = await this.run((coordinator) => coordinator.shutDown(shutdown, request)).catch(
      () => undefined
    )
    await Effect.runPromise(Scope.close(this.scope, Exit.void))
    Deferred.doneUnsafe(this.closed, Exit.void)
    return report
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }
}

const ofRun = <E>(accepted: Effect.Effect<{ readonly run: Run | undefined }, E>): Effect.Effect<Run, E> =>
  Effect.flatMap(accepted, ({ run }) =>
    run ? Effect.succeed(run) : Effect.die(new Error("no run was touched"))
  )
