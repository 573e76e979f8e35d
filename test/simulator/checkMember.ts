/**
 * What must be so of a coordinator that leads and has nothing to do at the moment: it knows what the log says, no more
 * and no less; its permits are those of the slots; the world was asked to do what the runs call for.
 */
import { isDeepStrictEqual } from "node:util"
import { contents, type RunQueue } from "../../src/queue/RunQueue.ts"
import { holdings } from "../../src/queue/turn.ts"
import { intent } from "../../src/run/intent.ts"
import { settings } from "../../src/settings.ts"
import type { Audit } from "./Audit.ts"
import type { Member } from "./Member.ts"
import { keyOf } from "./Outside.ts"
import type { Time } from "./Time.ts"

interface Surroundings {
  readonly audit: Audit
  readonly time: Time
}

const summary = (queue: RunQueue) =>
  JSON.stringify([
    queue.position,
    queue.turn,
    queue.at,
    queue.admits,
    queue.policyNumber,
    queue.runs.size,
    queue.slots.size,
    queue.waiting.line.size,
    queue.deadlines.first?.at
  ])

const differences = ({ audit }: Surroundings, live: RunQueue, isThorough: boolean): string | undefined => {
  const { queue, touched } = audit
  if (summary(live) !== summary(queue)) return `it has ${summary(live)}; the log says ${summary(queue)}`
  for (const id of touched)
    if (!isDeepStrictEqual(live.runs.get(id), queue.runs.get(id))) return `run ${id} is not as the log has it`
  touched.clear()
  if (isThorough && !isDeepStrictEqual(contents(live), contents(queue)))
    return "its state is not that of the log"
  return undefined
}

const shown = (taken: ReadonlyMap<string, number>) => JSON.stringify([...taken].toSorted())

/** How many permits of each limit are to be taken; where values are counted, one for each value. */
const permitsOf = (queue: RunQueue): ReadonlyMap<string, number> => {
  const holders = new Map<string, Set<string>>()
  for (const [run, slots] of holdings(queue))
    for (const { limit, unit } of slots)
      holders.set(limit, (holders.get(limit) ?? new Set()).add(unit === undefined ? run : `=${unit}`))
  return new Map(Array.from(holders, ([limit, all]) => [limit, all.size]))
}

const undone = (
  { audit: { queue } }: Surroundings,
  { liveEpoch, launched, stopped }: Member
): string | undefined => {
  if (queue.slots.size >= settings.launchesMax) return undefined
  for (const id of queue.slots.runs()) {
    const run = queue.run(id)
    const key = `${liveEpoch} ${keyOf({ run: id, attempt: run.attempt })}`
    if (intent(run.state) === "Work" && !launched.has(key))
      return `run ${key} is ${run.state}, and not launched`
    if (intent(run.state) === "Stop" && !stopped.has(key)) return `run ${key} is to stop, and not told`
  }
  return undefined
}

export const checkMember = (simulation: Surroundings, member: Member, isThorough: boolean): void => {
  const { audit, time } = simulation
  const { live } = member
  if (!live || audit.breach) return
  // It has let go of its permits, and what runs goes on.
  const last = audit.log.at(-1)
  if (last?.type === "CoordinatorStopped" && last.epoch === member.liveEpoch) return
  const differs = differences(simulation, live, isThorough)
  if (differs) audit.fail("replay", differs)
  const [has, should] = [shown(member.permits), shown(permitsOf(live))]
  if (has !== should) audit.fail("permits", `taken are ${has}; the slots say ${should}`)
  const issue = undone(simulation, member)
  if (issue) audit.fail("intent", issue)
  const unanswered = [...member.waiting].filter((isDue) => isDue()).length
  if (unanswered > 0) audit.fail("answer", `${unanswered} wait for an answer that there is`)
  const due = live.wakesAt
  if (!time.isTouched && due !== undefined && due <= time.now)
    audit.fail("alarm", `something is due since ${time.now - due} ms`)
}
