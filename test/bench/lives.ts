/**
 * The events of many lives, as the rules make them, for what is measured over a long log.
 */
import type { Event } from "../../src/queue/Event.ts"
import { RunQueue } from "../../src/queue/RunQueue.ts"
import { type Asked, turn } from "../../src/queue/turn.ts"

const asked = (command: Asked["command"]): Asked => ({ id: "bench", actor: "bench", command })

const batch = 100

/** Turn by turn: so many lives, the last `inFlight` of which have not ended. Five events each, and two before them. */
export function* lives(count: number, inFlight: number): Generator<ReadonlyArray<Event>, void> {
  const queue = new RunQueue()
  const start = {
    _tag: "StartCoordinator",
    epoch: 1,
    software: "bench",
    host: "bench",
    pid: 1,
    admits: true
  } as const
  const policy = {
    ...queue.policy,
    maxConcurrentRuns: Math.max(batch, inFlight),
    timeouts: { startMs: null, runtimeMs: null, cancelMs: null }
  }
  yield turn(queue, [asked(start), asked({ _tag: "SetPolicy", policy })], 1).events
  for (let from = 0; from < count; from += batch) {
    const ids = Array.from({ length: batch }, (_, at) => `run-${from + at}`)
    const tags = { team: `team-${from % 7}` }
    const submits = ids.map((id) => asked({ _tag: "SubmitRun", spec: { id, job: "noop", tags } }))
    yield turn(queue, submits, from).events
    const started = ids.map((run) => asked({ _tag: "ReportStarted", run, attempt: 1 }))
    yield turn(queue, started, from).events
    if (from >= count - inFlight) continue
    const ends = ids.map((run) =>
      asked({ _tag: "ReportEnded", run, attempt: 1, outcome: { _tag: "Succeeded" } })
    )
    yield turn(queue, ends, from).events
  }
}
