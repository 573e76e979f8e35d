/**
 * What one admission costs, by how many wait: a run ends, and in the same turn the next one starts. Beside it a scan of
 * all that wait, what one pass of Dagster's daemon was recorded to cost, and what the best of other queues were
 * measured to do where a team at its limit stands in the way.
 */
import { explain } from "../../src/queue/explain.ts"
import type { Policy } from "../../src/queue/Policy.ts"
import type { RunSpec } from "../../src/run/RunSpec.ts"
import { BenchQueue } from "./BenchQueue.ts"
import { type Figure, median, quantile } from "./Figure.ts"

/** CPU seconds of one selection by Dagster 1.7's daemon, by the number of queued runs: recorded, not measured here. */
const dagsterSeconds: Readonly<Record<number, number>> = { 100: 0.03, 1000: 0.23, 10000: 2.3 }

const admissions = 5_000
const explanations = 20

/** How many limits hold runs back, and how many values their tags have. */
interface Shape {
  readonly limits: number
  readonly keys: number
}

/** Without limits on tags the total holds all back; with them each value is full, and nothing else is. */
const policyOf = ({ limits }: Shape): Partial<Policy> => ({
  maxConcurrentRuns: limits === 0 ? 10 : null,
  tagLimits: Array.from({ length: limits }, (_, nth) => ({ key: `key-${nth}`, each: true, limit: 1 + nth }))
})

const tagsOf = ({ limits }: Shape, value: number): Readonly<Record<string, string>> =>
  Object.fromEntries(Array.from({ length: limits }, (_, nth) => [`key-${nth}`, `value-${value}`]))

interface Measured {
  readonly median: number
  readonly p99: number
  readonly bytes: number
  readonly scan: number
  /** What it takes to say why a run waits, in microseconds. */
  readonly explained: number
}

/** Microseconds until it is said why some run waits. */
const explainOne = ({ queue }: BenchQueue, nth: number): number => {
  const runs = queue.waiting.line
  const run = [...runs].at(Math.floor((runs.size * nth) / explanations))
  const began = performance.now()
  if (run) explain(queue, run.id, 1)
  return (performance.now() - began) * 1000
}

/** Microseconds of a pass over all that wait, which looks for one whose limits have room. */
const scanOnce = ({ queue }: BenchQueue): number => {
  const began = performance.now()
  for (const run of queue.waiting.line) if (!queue.slots.blocking(queue.needsOf(run))) break
  return (performance.now() - began) * 1000
}

const measure = (queued: number, shape: Shape): Measured => {
  const bench = new BenchQueue(policyOf(shape))
  const tags = Array.from({ length: shape.keys }, (_, value) => tagsOf(shape, value))
  const spec = (at: number): RunSpec => ({
    id: `run-${at}`,
    job: "noop",
    tags: tags[at % shape.keys] ?? {},
    priority: at % 5
  })
  // As many run as there is room for, and so many wait.
  const running = shape.limits === 0 ? 10 : shape.keys
  const bytes = bench.fill(Array.from({ length: queued + running }, (_, at) => spec(at)))
  const micros: Array<number> = []
  for (let at = queued + running; micros.length < admissions; at++) {
    micros.push(bench.endOne(bench.oldest).micros)
    bench.take({ _tag: "SubmitRun", spec: spec(at) })
  }
  const scan = queued > 10_000 ? Number.NaN : median(Array.from({ length: 20 }, () => scanOnce(bench)))
  const explained = median(Array.from({ length: explanations }, (_, nth) => explainOne(bench, nth)))
  return { median: median(micros), p99: quantile(micros, 0.99), bytes, scan, explained }
}

const micros = (value: number): string => `${value.toFixed(1)} µs`

const shown = ({ limits, keys }: Shape): string =>
  limits === 0
    ? "all blocked by the total"
    : `${limits} limits, ${keys.toLocaleString("en")} values, all blocked`

const againstDagster = (shape: Shape): ReadonlyArray<Figure> =>
  Object.entries(dagsterSeconds).map(([queued, seconds]) => {
    const { median: ours } = measure(Number(queued), shape)
    const name = `an end and the next admission, ${queued} queued, ${shown(shape)}, against one pass of Dagster's daemon (recorded)`
    const ratio = ours / 1e6 / seconds
    return { name, ours: micros(ours), baseline: `${seconds} s`, ratio, target: { atMost: 0.01 } }
  })

const byDepth = (shape: Shape): ReadonlyArray<Figure> => {
  const [few, some, many] = [1_000, 10_000, 1_000_000].map((queued) => measure(queued, shape)) as [
    Measured,
    Measured,
    Measured
  ]
  const of = shown(shape)
  return [
    {
      name: `an admission, 10,000 queued, ${of}, against a scan of all that wait`,
      ours: micros(some.median),
      baseline: micros(some.scan),
      ratio: some.median / some.scan,
      target: { atMost: 0.1 }
    },
    {
      name: `an admission, a million queued, ${of}, against a thousand, median`,
      ours: micros(many.median),
      baseline: micros(few.median),
      ratio: many.median / few.median,
      target: { atMost: 3 }
    },
    {
      name: `an admission, a million queued, ${of}, against a millisecond, p99`,
      ours: micros(many.p99),
      baseline: "1 ms",
      ratio: many.p99 / 1_000,
      target: { atMost: 1 }
    },
    {
      name: `why one of a million waits, ${of}, against 5 ms`,
      ours: micros(many.explained),
      baseline: "5 ms",
      ratio: many.explained / 5_000,
      target: { atMost: 1 }
    },
    {
      name: `memory of a waiting run beside its spec, a million queued, ${of}`,
      ours: `${many.bytes.toFixed(0)} B`,
      baseline: "1 kB",
      ratio: many.bytes / 1_024,
      target: { atMost: 1 }
    }
  ]
}

/** Runs per second of other teams, behind so many more urgent ones of a team that is at its limit. */
const behind = (depth: number, others: number): number => {
  const bench = new BenchQueue({
    maxConcurrentRuns: 25,
    tagLimits: [{ key: "team", each: true, limit: 5 }]
  })
  const busy = Array.from({ length: depth }, (_, at) => ({
    id: `busy-${at}`,
    job: "noop",
    tags: { team: "busy" },
    priority: 5
  }))
  const rest = Array.from({ length: others }, (_, at) => ({
    id: `other-${at}`,
    job: "noop",
    tags: { team: `team-${at % 99}` }
  }))
  bench.fill(busy)
  bench.fill(rest)
  const running = [...bench.queue.slots.runs()].filter((run) => run.startsWith("other"))
  let micros = 0
  for (let run = running.shift(); run !== undefined; run = running.shift()) {
    const ended = bench.endOne(run)
    micros += ended.micros
    running.push(...ended.admitted)
  }
  return others / (micros / 1e6)
}

/** With 100,000 ahead, of those that check limits while they scan, and of the one that walks team by team. */
const peers = "26–226 runs/s with 100,000 ahead (recorded, with their stores)"

const behindTheBusy = (): ReadonlyArray<Figure> => {
  behind(1_000, 1_000)
  const [few, many] = [1_000, 100_000].map((depth) => median([1, 2, 3].map(() => behind(depth, 1_000)))) as [
    number,
    number
  ]
  const rate = (value: number) => `${Math.round(value).toLocaleString("en")} runs/s`
  return [
    {
      name: "1,000 runs of other teams behind 100,000 more urgent ones of a team at its limit, against behind 1,000",
      ours: rate(many),
      baseline: rate(few),
      ratio: many / few,
      target: { atLeast: 0.5 }
    },
    {
      name: "the same, in memory, against the best of other queues",
      ours: rate(many),
      baseline: peers,
      ratio: many / 226,
      target: { atLeast: 10 }
    }
  ]
}

export const admission = async (): Promise<ReadonlyArray<Figure>> => {
  measure(1_000, { limits: 10, keys: 100 })
  return [
    ...[0, 10].flatMap((limits) => againstDagster({ limits, keys: 1 })),
    ...[
      { limits: 0, keys: 1 },
      { limits: 10, keys: 100 },
      { limits: 10, keys: 10_000 }
    ].flatMap(byDepth),
    ...behindTheBusy()
  ]
}
