/**
 * A history as data: what is asked, when, and when coordinators come and go. It prints, it shrinks, and it plays the
 * same again in any world.
 */
import type { RunOrder } from "../../src/queue/order.ts"
import type { Policy } from "../../src/queue/Policy.ts"
import type { Command } from "../../src/queue/QueueCommand.ts"
import type { RunQueue } from "../../src/queue/RunQueue.ts"
import type { Schedule } from "../../src/queue/Schedule.ts"
import type { Scope } from "../../src/queue/Scope.ts"
import type { Outcome } from "../../src/run/Outcome.ts"
import type { RunId, RunSpec } from "../../src/run/RunSpec.ts"
import { type Attempt, type Moment, World } from "./World.ts"

/** What someone asks. `pick` chooses among what there is when the moment comes. */
export type Ask =
  | {
      readonly ask: "submit"
      readonly spec: Omit<RunSpec, "id" | "job">
      readonly startsIn: number
      readonly key?: string | undefined
    }
  | { readonly ask: "cancel"; readonly pick: number }
  | {
      readonly ask: "report"
      readonly pick: number
      readonly told: Told
      readonly of: "current" | "past" | "future"
    }
  | { readonly ask: "move"; readonly pick: number; readonly move: Move }
  | {
      readonly ask: "claim"
      readonly pick: number
      readonly step: string
      readonly pool: string
      readonly slots: number
    }
  | { readonly ask: "release"; readonly pick: number; readonly step: string }
  | { readonly ask: "setPool"; readonly pool: string; readonly limit: number | null }
  | { readonly ask: "pause"; readonly scope: Scope; readonly forMs: number | null }
  | { readonly ask: "resume"; readonly scope: Scope }
  | { readonly ask: "repeat"; readonly pick: number }
  | { readonly ask: "setSchedule"; readonly name: string; readonly schedule: Schedule }
  | { readonly ask: "schedule"; readonly name: string; readonly change: Change }
  | { readonly ask: "setPolicy"; readonly policy: Policy }
  | { readonly ask: "setAuditKey" }
  | { readonly ask: "drain" }

/** What someone does about a run's place in line. */
export type Move =
  | { readonly _tag: "SetPriority"; readonly priority: number }
  | { readonly _tag: "MoveToTop" | "HoldRun" | "ReleaseRun" }

/** What someone does about a schedule. */
export type Change = "RemoveSchedule" | "PauseSchedule" | "ResumeSchedule" | "TriggerSchedule"

/** What a launcher tells of an attempt. */
export type Told =
  | { readonly _tag: "ReportStarted"; readonly worker?: string }
  | { readonly _tag: "ReportProgress"; readonly fraction: number }
  | { readonly _tag: "ReportHealth"; readonly healthy: boolean; readonly transient: boolean }
  | { readonly _tag: "ReportEnded"; readonly outcome: Outcome }

export type Step =
  | { readonly step: "turn"; readonly asks: ReadonlyArray<Ask> }
  | { readonly step: "wait"; readonly ms: number }
  | { readonly step: "restart"; readonly stops: boolean; readonly admits: boolean }

export type History = ReadonlyArray<Step>

/** Orders that a policy may name. */
export const orders: Readonly<Record<string, RunOrder>> = {
  newest: (a, b) => b.order - a.order,
  byValue: (a, b) => (a.spec.tags?.["a"] ?? "").localeCompare(b.spec.tags?.["a"] ?? "")
}

/** What an ask needs to know of the world in which it is made. */
export interface Situation {
  readonly now: number
  readonly queue: RunQueue
  /** What works now, by run. */
  readonly workers: ReadonlyMap<RunId, Attempt>
  /** Each attempt that was ever started. */
  readonly launches: ReadonlyArray<Attempt>
  /** All that was asked so far. */
  readonly commands: ReadonlyArray<Command>
}

const picked = <A>(from: Iterable<A>, pick: number): A | undefined => {
  const all = [...from]
  return all[pick % all.length]
}

const nobody = { run: "nobody", attempt: 0 }

/** Of which attempt a report speaks. */
const attemptOf = (world: Situation, { of, pick }: Ask & { readonly ask: "report" }): Attempt => {
  const { run, attempt } = picked(of === "past" ? world.launches : world.workers.values(), pick) ?? nobody
  return { run, attempt: Math.max(1, of === "future" ? attempt + 1 : attempt) }
}

const queuedIn = ({ queue }: Situation): Iterable<string> =>
  queue.waiting.line.size > 0 ? Array.from(queue.waiting.line, ({ id }) => id) : queue.runs.keys()

const workerOf = (world: Situation, pick: number): Attempt => {
  const { run, attempt } = picked(world.workers.values(), pick) ?? nobody
  return { run, attempt: Math.max(1, attempt) }
}

/** What an ask comes to in this world at this moment; nothing where there is nothing to choose from. */
export const commandOf = (world: Situation, ask: Ask, id: string): Command | undefined => {
  switch (ask.ask) {
    case "submit": {
      const notBefore = ask.startsIn > 0 && { notBefore: world.now + ask.startsIn }
      const key = ask.key === undefined ? {} : { idempotencyKey: ask.key }
      return { _tag: "SubmitRun", spec: { ...ask.spec, id, job: "work", ...notBefore }, ...key }
    }
    case "cancel":
      return { _tag: "CancelRun", run: picked(world.queue.runs.keys(), ask.pick) ?? "nobody" }
    case "report":
      return { ...ask.told, ...attemptOf(world, ask) }
    case "move":
      return { ...ask.move, run: picked(queuedIn(world), ask.pick) ?? "nobody" }
    case "claim": {
      const { step, pool, slots, pick } = ask
      return { _tag: "ClaimSlot", ...workerOf(world, pick), step, pool, slots }
    }
    case "release":
      return { _tag: "ReleaseSlot", ...workerOf(world, ask.pick), step: ask.step }
    case "setPool":
      return { _tag: "SetPoolLimit", pool: ask.pool, limit: ask.limit }
    case "pause": {
      const until = ask.forMs === null ? {} : { until: world.now + ask.forMs }
      return { _tag: "PauseAdmission", scope: ask.scope, ...until }
    }
    case "resume":
      return { _tag: "ResumeAdmission", scope: ask.scope }
    case "repeat":
      return picked(
        world.commands.filter(({ _tag }) => !_tag.endsWith("Coordinator")),
        ask.pick
      )
    case "setSchedule":
      return { _tag: "SetSchedule", name: ask.name, schedule: ask.schedule }
    case "schedule":
      return { _tag: ask.change, name: ask.name }
    case "setPolicy":
      return { _tag: "SetPolicy", policy: ask.policy }
    case "setAuditKey":
      return { _tag: "SetAuditKey", key: "runs+0123abcd+AAAA" }
    case "drain":
      return { _tag: "DrainCoordinator" }
  }
}

/** Lets one step happen; answers the turn that it was, if it was one. */
const take = (world: World, step: Step): Moment | undefined => {
  switch (step.step) {
    case "turn":
      return world.turn(
        ...step.asks.flatMap((ask, nth) => commandOf(world, ask, `r${world.moments.length}.${nth}`) ?? [])
      )
    case "wait":
      world.now += step.ms
      return undefined
    case "restart":
      if (step.stops) world.turn({ _tag: "StopCoordinator" })
      return world.restart(step.admits)
  }
}

/** Plays a history in a new world, and looks at the world after each turn. */
export const play = (history: History, look: (world: World, moment: Moment) => void = () => {}): World => {
  const world = new World(orders)
  for (const step of history) {
    const moment = take(world, step)
    if (moment) look(world, moment)
  }
  return world
}
