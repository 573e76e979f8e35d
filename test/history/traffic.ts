/**
 * Traffic of a day, drawn from a seed: jobs that take long and short, some more urgent than others, over a queue with limits.
 */
import { type Estimate, estimate, random } from "../../src/history/estimate.ts"
import type { Policy } from "../../src/queue/Policy.ts"
import type { Command } from "../../src/queue/QueueCommand.ts"
import type { RunId } from "../../src/run/RunSpec.ts"
import { rules } from "../queue/commands.ts"
import { World } from "../simulation/World.ts"

/** How long a run of each job takes at the median, in milliseconds. */
const jobs = { load: 60_000, train: 600_000, report: 20_000 } as const

/** A range that was given for a run while it waited, and when it started. */
export interface Judged {
  readonly estimate: Estimate
  readonly asked: number
  readonly started: number
}

interface Traffic {
  readonly seed: number
  readonly runs: number
  readonly policy: Partial<Policy>
  /** Milliseconds from one submission to the next, on average. */
  readonly everyMs: number
  /** How many of the runs go before others. */
  readonly urgent: number
}

/** Lets the day pass; every fourth run that waits when it is submitted is given a range at that moment. */
export const passDay = ({ seed, runs, policy, everyMs, urgent }: Traffic): ReadonlyArray<Judged> => {
  const draw = random(seed)
  const world = new World()
  world.turn(rules({ ...policy, timeouts: { startMs: null, runtimeMs: null, cancelMs: null } }))
  const ends: Array<{ readonly at: number; readonly run: RunId }> = []
  const given: Array<{ readonly run: RunId; readonly asked: number; readonly estimate: Estimate }> = []
  const names = Object.keys(jobs) as ReadonlyArray<keyof typeof jobs>

  const take = (...commands: ReadonlyArray<Command>) => {
    for (const { run, type } of world.turn(...commands).turn.events) {
      if (type !== "RunAdmitted" || run === null) continue
      const median = jobs[world.queue.run(run).spec.job as keyof typeof jobs]
      // Most take about as long as the median, some a few times as long.
      const took = median * Math.exp(1.6 * (draw() + draw() + draw() - 1.5))
      ends.push({ at: world.now + Math.round(took), run })
      ends.sort((a, b) => a.at - b.at)
    }
  }
  const endUntil = (at: number) => {
    for (let end = ends[0]; end && end.at <= at; end = ends[0]) {
      ends.shift()
      world.now = end.at
      take({ _tag: "ReportEnded", run: end.run, attempt: 1, outcome: { _tag: "Succeeded" } })
    }
  }

  for (let nth = 0; nth < runs; nth++) {
    const at = world.now + Math.round(-Math.log(1 - draw()) * everyMs)
    endUntil(at)
    world.now = at
    const job = names[Math.floor(draw() * names.length)] ?? "load"
    const id = `r${nth}`
    take({ _tag: "SubmitRun", spec: { id, job, priority: draw() < urgent ? 1 : 0 } })
    const told = nth % 4 === 0 && nth > 60 ? estimate(world.queue, id, world.now, nth) : undefined
    if (told) given.push({ run: id, asked: at, estimate: told })
  }
  endUntil(Number.POSITIVE_INFINITY)
  return given.map(({ run, ...rest }) => ({ ...rest, started: world.queue.run(run).admittedAt ?? 0 }))
}

/** Which part of the runs started within the range they were given. */
export const shareWithin = (judged: ReadonlyArray<Judged>): number =>
  judged.filter(
    ({ estimate: told, started }) => told._tag === "Between" && started >= told.from && started <= told.to
  ).length / judged.length
