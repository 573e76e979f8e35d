/**
 * `pool`: slots that steps of runs share; how many there are, who has them, and how a step gets one.
 */

import * as Config from "effect/Config"
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { Event } from "../queue/Event.ts"
import { poolLimit, Size } from "../queue/Policy.ts"
import { isFinished, next } from "../run/lifecycle.ts"
import { PoolName } from "../run/RunSpec.ts"
import { deliver } from "./deliver.ts"
import { deliverAndTell, reason, said } from "./deliverAndTell.ts"
import { Exit, exitCodes } from "./exitCodes.ts"
import { table } from "./format.ts"
import { openLog } from "./openLog.ts"
import { readQueue } from "./readQueue.ts"
import { print, root } from "./root.ts"

const poolArgument = Argument.String("pool").pipe(Argument.withMetavar("POOL"), Argument.withSchema(PoolName))

const setPool = Command.make(
  "set",
  { pool: poolArgument, limit: Argument.Int("slots").pipe(Argument.withSchema(Size)), reason },
  Effect.fn(function* ({ pool, limit, reason: text }) {
    const command = { _tag: "SetPoolLimit", pool, limit, ...said(text) } as const
    yield* deliverAndTell(command, `pool ${pool} has ${limit} slots`)
  })
).pipe(Command.withDescription("Give a pool so many slots"))

const unsetPool = Command.make(
  "unset",
  { pool: poolArgument, reason },
  Effect.fn(function* ({ pool, reason: text }) {
    const command = { _tag: "SetPoolLimit", pool, limit: null, ...said(text) } as const
    yield* deliverAndTell(command, `pool ${pool} has no limit of its own`)
  })
).pipe(Command.withDescription("Take a pool's own limit away"))

const listPools = Command.make(
  "list",
  {},
  Effect.fn(function* () {
    const { log, json } = yield* root
    const queue = yield* readQueue(log)
    const claimed = Array.from(queue.pools.claimed(), ([pool]) => pool)
    const names = [...new Set([...Object.keys(queue.policy.pools?.limits ?? {}), ...claimed])].sort()
    const pools = names.map((pool) => ({
      pool,
      limit: poolLimit(queue.policy, pool) ?? null,
      ...queue.pools.of(pool),
      waiting: Array.from(queue.pools.waiting(pool), ({ run, step, slots }) => ({ run, step, slots }))
    }))
    yield* print(json, pools, () => {
      const rows = pools.map(({ pool, limit, granted, waiting }) => [
        pool,
        limit === null ? "no limit" : String(limit),
        String(granted),
        waiting.map(({ run, step }) => `${run} ${step}`).join(", ")
      ])
      return rows.length === 0 ? "No pools." : table(["POOL", "SLOTS", "TAKEN", "WAITING"], rows)
    })
  })
).pipe(Command.withDescription("List pools: slots, how many steps have, and who waits for them"))

const ofStep = {
  pool: poolArgument,
  step: Flag.String("step").pipe(Flag.withDescription("Which step of the run"), Flag.withDefault("run")),
  run: Flag.String("run").pipe(
    Flag.withDescription("The run (SIGNALBOX_RUN, which a run's own process has)"),
    Flag.withFallbackConfig(Config.String("SIGNALBOX_RUN"))
  ),
  attempt: Flag.Int("attempt").pipe(
    Flag.withDescription("Its attempt (SIGNALBOX_ATTEMPT)"),
    Flag.withFallbackConfig(Config.Int("SIGNALBOX_ATTEMPT"))
  )
}

interface Wanted {
  readonly run: string
  readonly step: string
  readonly pool: string
}

/** Whether the event ends the wait for a claim: the slots are there, or the run can have none any more. */
const settles =
  ({ run, step, pool }: Wanted) =>
  (event: Event): boolean => {
    if (event.run !== run) return false
    if (event.type === "SlotClaimed" || event.type === "SlotGranted" || event.type === "SlotReleased") {
      const isOurs = event.data.step === step && event.data.pool === pool
      return isOurs && (event.type !== "SlotClaimed" || event.data.granted)
    }
    const after = next("started", event.type)
    return after !== undefined && (isFinished(after) || after !== "started")
  }

/** Waits in the log until the claim is granted, from its newest claim on. */
const granted = Effect.fnUntraced(function* (log: string, wanted: Wanted) {
  const events = yield* openLog(log)
  const queue = yield* readQueue(log)
  const claims = queue.runs.get(wanted.run)?.claims ?? []
  const mine = claims.find(({ step, pool }) => step === wanted.step && pool === wanted.pool)
  if (mine?.granted) return true
  if (!mine) return false
  const changes = events.changes({ after: queue.position })
  const last = yield* Stream.runHead(Stream.filter(changes, settles(wanted)))
  return last._tag === "Some" && last.value.type === "SlotGranted"
})

const claimSlots = Command.make(
  "claim",
  {
    ...ofStep,
    slots: Flag.Int("slots").pipe(Flag.withDescription("How many slots it takes"), Flag.withDefault(1)),
    priority: Flag.Int("priority").pipe(
      Flag.withDescription("Added to the run's own; higher goes first"),
      Flag.withDefault(0)
    )
  },
  Effect.fn(function* ({ pool, step, run, attempt, slots, priority }) {
    const { log, json } = yield* root
    const answer = yield* deliver(log, { _tag: "ClaimSlot", run, attempt, step, pool, slots, priority })
    if (!(yield* Effect.scoped(granted(log, { run, step, pool })))) {
      const message = `Step ${step} of ${run} waits for pool ${pool} no more: its run was stopped or has ended.`
      return yield* new Exit({ code: exitCodes.failed.code, message })
    }
    yield* print(json, answer, () => `step ${step} of ${run} has ${slots} of pool ${pool}`)
  })
).pipe(Command.withDescription("For a step of a running run: wait for slots of a pool, and take them"))

const releaseSlots = Command.make(
  "release",
  ofStep,
  Effect.fn(function* ({ pool, step, run, attempt }) {
    yield* deliverAndTell(
      { _tag: "ReleaseSlot", run, attempt, step, pool },
      `step ${step} of ${run} has nothing of pool ${pool}`
    )
  })
).pipe(Command.withDescription("Give a step's slots of a pool back; the end of its run does so, too"))

export const pool = Command.make("pool").pipe(
  Command.withDescription("Pools: slots that steps of runs share"),
  Command.withSubcommands([listPools, setPool, unsetPool, claimSlots, releaseSlots])
)
