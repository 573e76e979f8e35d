/**
 * The end of every history: nothing fails any more, all that works comes to its end, and time goes on. Then whatever has
 * not ended must have a reason, and the reason must be true; once the reasons are taken away, everything must end.
 */
import { isDeepStrictEqual } from "node:util"
import * as Effect from "effect/Effect"
import { canonicalJson } from "../../src/log/canonicalJson.ts"
import { toRow } from "../../src/log/codec.ts"
import { eventHash, firstPrevious } from "../../src/log/eventHash.ts"
import { verifyEntries } from "../../src/log/verifyEntries.ts"
import { explain } from "../../src/queue/explain.ts"
import { defaultPolicy } from "../../src/queue/Policy.ts"
import type { Command } from "../../src/queue/QueueCommand.ts"
import { isFinished, isWaiting } from "../../src/run/lifecycle.ts"
import { orders } from "../simulation/History.ts"
import { reasonsOf } from "../simulation/reasonsOf.ts"
import type { Member } from "./Member.ts"
import type { Simulation } from "./Simulation.ts"

/** More than any history needs to come to its end. */
const roundsMax = 3_000

/** One coordinator that leads and admits. */
const lead = (simulation: Simulation): Member => {
  for (const member of simulation.members) simulation.crash(member)
  simulation.settle()
  const member = simulation.start()
  simulation.settle()
  simulation.check(true)
  return member
}

const ask = ({ audit, settle }: Simulation, member: Member, command: Command): void => {
  member.ask(
    (coordinator) => coordinator.ask(command),
    (exit) => {
      if (exit._tag === "Failure") audit.fail("calm", `${command._tag} is not accepted: ${exit.cause}`)
    }
  )
  settle()
}

/** Lets everything end that can. */
const rest = (simulation: Simulation): void => {
  const { audit, outside, time, settle } = simulation
  for (let round = 0; round < roundsMax && !audit.breach; round++) {
    for (const work of [...outside.working.values()]) outside.happen(work, "succeeds")
    settle()
    const { untilNext } = time
    if (untilNext === undefined && outside.working.size === 0) return
    time.pass(untilNext ?? 0, settle)
  }
  audit.fail("rest", `it does not come to rest within ${roundsMax} rounds`)
}

const checkReasons = ({ audit, time }: Simulation): void => {
  const { queue, log } = audit
  for (const run of queue.runs.values()) {
    if (isFinished(run.state)) continue
    const reasons = explain(queue, run.id, time.now)?.reasons ?? []
    if (!isWaiting(run.state)) audit.fail("quiet", `run ${run.id} is ${run.state} for ever`)
    else if (reasons.length === 0) audit.fail("quiet", `run ${run.id} waits for no reason`)
    else {
      const are = new Set(reasons.map(canonicalJson))
      const should = new Set(reasonsOf({ queue, orders, log, now: time.now }, run).map(canonicalJson))
      if (!isDeepStrictEqual(are, should))
        audit.fail("quiet", `run ${run.id} waits because of ${[...are]}; it is ${[...should]}`)
    }
  }
}

/** Nothing holds runs back any more. */
const open = (simulation: Simulation, member: Member): void => {
  const { queue } = simulation.audit
  ask(simulation, member, { _tag: "SetPolicy", policy: { ...defaultPolicy, maxConcurrentRuns: 2 } })
  for (const { scope } of queue.pauses.all) ask(simulation, member, { _tag: "ResumeAdmission", scope })
  const held = [...queue.waiting.line].filter((run) => run.held)
  for (const { id } of held) ask(simulation, member, { _tag: "ReleaseRun", run: id })
}

const checkChain = ({ audit, disk }: Simulation): void => {
  let hash = firstPrevious
  for (const event of audit.log) hash = eventHash(hash, toRow(event))
  const checked = Effect.runSync(verifyEntries(disk.log.entries()))
  if (checked.found) audit.fail("chain", `${checked.found.position}: ${checked.found.issue}`)
  else if (checked.position !== audit.log.length || Buffer.compare(checked.hash, hash) !== 0)
    audit.fail("chain", `it ends at ${checked.position} of ${audit.log.length} with another hash`)
}

/** Brings a simulation to its end. */
export const calm = (simulation: Simulation): void => {
  const { audit, disk } = simulation
  disk.heal()
  simulation.settle()
  const member = lead(simulation)
  simulation.deliverAll()
  simulation.settle()
  // They would go on for ever.
  for (const { name } of audit.queue.schedules.all) ask(simulation, member, { _tag: "PauseSchedule", name })
  rest(simulation)
  simulation.check(true)
  if (audit.breach) return
  checkReasons(simulation)
  // One that was told to drain or to stop meanwhile admits no more.
  const opener = member.isAlive && audit.queue.admits ? member : lead(simulation)
  open(simulation, opener)
  rest(simulation)
  simulation.check(true)
  if (audit.breach) return
  for (const run of audit.queue.runs.values())
    if (!isFinished(run.state))
      audit.fail("quiet", `run ${run.id} is ${run.state} for ever, and nothing holds it back`)
  if (opener.permits.size > 0)
    audit.fail("permits", `at rest, taken are ${JSON.stringify([...opener.permits])}`)
  if (opener.waiting.size > 0)
    audit.fail("answer", `at rest, ${opener.waiting.size} still wait for an answer`)
  checkChain(simulation)
}
