/**
 * Histories by chance: a seed and a length make one. Each history has its own taste: some kinds of deeds come often in
 * it, others never, so that histories differ more than chance alone would have them.
 */
import fc from "fast-check"
import type { Ask } from "../simulation/History.ts"
import { anyAsk } from "../simulation/histories.ts"
import { manners } from "./Manner.ts"
import { Random } from "./Random.ts"
import type { Deed, Step, Trial } from "./Step.ts"

/** How often each thing is asked; what does not stand here, as often as most. */
const usualAsks: Readonly<Record<string, number>> = {
  submit: 40,
  report: 12,
  cancel: 8,
  claim: 20,
  release: 8,
  drain: 1
}
const usualAsk = 4

// Drawn once: an arbitrary is slow to draw from, and each history mixes them anew. As JSON: without what is undefined.
const asks = Object.entries(
  Object.groupBy(
    JSON.parse(JSON.stringify(fc.sample(anyAsk, { seed: 1, numRuns: 8_000 }))) as ReadonlyArray<Ask>,
    ({ ask }) => ask
  )
).map(([kind, all]) => [kind, all ?? []] as const)

type Kind = Deed["do"]

const usual: Readonly<Record<Kind, number>> = {
  ask: 300,
  arrive: 20,
  query: 10,
  wait: 25,
  claim: 30,
  work: 220,
  pass: 90,
  jump: 4,
  stand: 2,
  slow: 6,
  commit: 30,
  fate: 8,
  late: 5,
  failing: 2,
  crash: 10,
  start: 5,
  stop: 3
}

const kinds = Object.keys(usual) as ReadonlyArray<Kind>
const always: ReadonlyArray<Kind> = ["ask", "work", "pass"]

/** What there is to choose from, each with how often it is chosen. */
type Taste<A> = ReadonlyArray<readonly [weight: number, A]>

const times = (random: Random): number =>
  random.weighted([
    [3, 0],
    [4, 1],
    [2, 3],
    [1, 10]
  ])

const tasteOf = (random: Random): Taste<Kind> =>
  kinds.map((kind) => {
    const often = times(random)
    return [usual[kind] * (always.includes(kind) ? Math.max(1, Math.min(often, 3)) : often), kind]
  })

const tasteOfAsks = (random: Random): Taste<ReadonlyArray<Ask>> =>
  asks.map(([kind, all]) => {
    const often = times(random)
    return [(usualAsks[kind] ?? usualAsk) * (kind === "submit" ? Math.max(1, often) : often), all]
  })

type Asking = Taste<ReadonlyArray<Ask>>

const makers: {
  readonly [K in Kind]: (random: Random, asking: Asking) => Extract<Deed, { readonly do: K }>
} = {
  ask: (random, asking) => ({
    do: "ask",
    ask: random.pick(random.weighted(asking)),
    manners: manners(random),
    times: random.once(10) ? 2 : 1,
    kept: random.once(6)
  }),
  arrive: (random) => ({ do: "arrive", pick: random.below(100) }),
  query: () => ({ do: "query" }),
  wait: (random) => ({ do: "wait", pick: random.below(100) }),
  claim: (random) => ({ do: "claim", pick: random.below(100), pool: random.pick(["p", "q", "r"]) }),
  work: (random) => ({
    do: "work",
    pick: random.below(100),
    happening: random.weighted([
      [4, "starts"],
      [2, "progresses"],
      [1, "iswell"],
      [2, "isill"],
      [1, "ismissed"],
      [5, "succeeds"],
      [1, "throws"],
      [1, "exits"],
      [2, "dies"],
      [1, "isforgotten"],
      [2, "repeats"]
    ]),
    old: random.once(5)
  }),
  pass: (random) => ({ do: "pass", ms: random.pick([1, 1, 50, 100, 100, 1_000, 5_000, 20_000]) }),
  jump: (random) => ({ do: "jump", ms: random.pick([1, 1_000, 30_000, 3_600_000, -1, -1_000, -30_000]) }),
  stand: (random) => ({ do: "stand", ms: random.pick([1, 10, 100]) }),
  slow: (random) => ({ do: "slow", isSlow: random.once(2) }),
  commit: (random) => ({
    do: "commit",
    fate: random.weighted([
      [12, "written"],
      [1, "lost"],
      [1, "unheard"],
      [1, "late"]
    ])
  }),
  fate: (random) => ({
    do: "fate",
    fate: random.pick(["lost", "unheard", "late"]),
    times: random.weighted([
      [8, 1],
      [2, 2],
      [1, 8]
    ])
  }),
  late: () => ({ do: "late" }),
  failing: (random) => ({ do: "failing", what: random.pick(["lead", "read"]) }),
  crash: (random) => ({ do: "crash", pick: random.below(100), written: random.once(2) }),
  start: (random) => ({ do: "start", takeOver: !random.once(3), admits: !random.once(8) }),
  stop: (random) => ({ do: "stop", pick: random.below(100) })
}

const step = (random: Random, taste: Taste<Kind>, asking: Asking, haste: number): Step => {
  const deed = makers[random.weighted(taste)](random, asking)
  const to = random.once(4) ? random.below(100) : 0
  return random.once(haste) ? { ...deed, to, tasks: random.below(12) } : { ...deed, to }
}

/** The history of that seed. */
export const makeTrial = (seed: number, steps: number): Trial => {
  const random = new Random(seed)
  const taste = tasteOf(random)
  const asking = tasteOfAsks(random)
  const haste = random.pick([2, 4, 16])
  const rules = random.pick(asks.find(([kind]) => kind === "setPolicy")?.[1] ?? [])
  const first: Step = { do: "ask", ask: rules, manners: [], times: 1, kept: random.once(4), to: 0 }
  return [first, ...Array.from({ length: steps - 1 }, () => step(random, taste, asking, haste))]
}
