import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { arbitraryScenario } from "./arbitraryScenario.ts"
import { NaiveDaemon, playNaively } from "./NaiveDaemon.ts"
import type { Config, Scenario, Step, TagLimit } from "./Scenario.ts"

const formOf = ({ value }: TagLimit): string =>
  typeof value === "string" ? "one value" : value?.applyLimitPerUniqueValue ? "each value" : "any value"

/** What a policy has, under names that can be counted. */
const featuresOf = (config: Config): ReadonlyArray<string> => {
  const { max_concurrent_runs: max, tag_concurrency_limits: limits = [], pools } = config
  const { enabled, op_concurrency_slot_buffer: buffer = 0 } = config.block_op_concurrency_limited_runs ?? {}
  const kinds = limits.map(({ key, value }) => JSON.stringify([key, value ?? false]))
  const keys = limits.map(({ key }) => key)
  return [
    `runs: ${max === undefined || max < 1 ? max : "some"}`,
    ...limits.map((limit) => `a limit on ${formOf(limit)}`),
    ...limits.filter(({ limit }) => limit < 1).map(() => "a limit that lets none start"),
    ...(new Set(kinds).size < kinds.length ? ["the same limit twice"] : []),
    ...(new Set(keys).size < new Set(kinds).size ? ["different limits on one key"] : []),
    ...(pools ? [`pools by ${pools.granularity}${enabled ? "" : ", not held back"}`] : []),
    ...(enabled && buffer > 0 ? ["a buffer"] : [])
  ]
}

/** What a step meets. */
const eventsOf = (daemon: NaiveDaemon, step: Step): ReadonlyArray<string> => {
  const waited = daemon.claims.filter(({ isHeld }) => !isHeld)
  const { launched = [], changed = {}, claimed } = daemon.take(step)
  const { obstacles } = daemon
  return [
    ...Object.keys(step),
    ...launched.map(() => "a run starts"),
    ...("tick" in step ? Array.from(obstacles.values(), (obstacle) => `a run waits for ${obstacle}`) : []),
    ...("tick" in step && launched.length > 0 && obstacles.size > 0 ? ["some start and some wait"] : []),
    ...("cancel" in step ? Object.values(changed).map((status) => `canceled, it is ${status}`) : []),
    ...(claimed === undefined ? [] : [claimed ? "a claim is held" : "a claim waits"]),
    ...waited.filter(({ isHeld }) => isHeld).map(() => "a claim that waited is held")
  ]
}

const seenIn = (scenario: Scenario): ReadonlyArray<string> => {
  const daemon = new NaiveDaemon(scenario.config, { leak: false })
  const events = scenario.steps.flatMap((step) => eventsOf(daemon, step))
  const [leaking, sound] = [true, false].map((leak) => JSON.stringify(playNaively(scenario, { leak })))
  return [...featuresOf(scenario.config), ...events, ...(leaking === sound ? [] : ["Dagster's leak decides"])]
}

/** How often each has to be seen in a thousand histories: about a third of what is usual. */
const minima: Readonly<Record<string, number>> = {
  "runs: some": 110,
  "runs: undefined": 50,
  "runs: -1": 130,
  "runs: 0": 25,
  "a limit on any value": 190,
  "a limit on one value": 200,
  "a limit on each value": 110,
  "a limit that lets none start": 50,
  "the same limit twice": 15,
  "different limits on one key": 70,
  "pools by op": 110,
  "pools by op, not held back": 30,
  "pools by run": 50,
  "pools by run, not held back": 15,
  "a buffer": 80,
  submit: 3000,
  inject: 250,
  tick: 2400,
  start: 800,
  finish: 800,
  cancel: 450,
  claim: 700,
  release: 140,
  set_limit: 350,
  advance: 800,
  "a run starts": 1400,
  "a run waits for tags": 3000,
  "a run waits for pools": 600,
  "a run waits for room": 2300,
  "some start and some wait": 400,
  "canceled, it is CANCELED": 300,
  "canceled, it is CANCELING": 150,
  "a claim is held": 500,
  "a claim waits": 170,
  "a claim that waited is held": 20,
  "Dagster's leak decides": 7
}

describe("random scenarios", () => {
  it("meet everything that the description speaks of, and often", () => {
    const seen = fc.sample(arbitraryScenario({ maxSteps: 100 }), 1_000).flatMap(seenIn)
    const counts = new Map<string, number>()
    for (const name of seen) counts.set(name, (counts.get(name) ?? 0) + 1)
    const rare = Object.entries(minima).filter(([name, least]) => (counts.get(name) ?? 0) < least)
    expect(rare.map(([name, least]) => `${name}: ${counts.get(name) ?? 0}, not ${least}`)).toEqual([])
    expect([...counts.keys()].sort()).toEqual(Object.keys(minima).sort())
  })
})
