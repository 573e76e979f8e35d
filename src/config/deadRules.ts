/**
 * Rules that never decide: another one always does before them, or nothing ever falls under them.
 */
import { jobKey, type TagLimit } from "../queue/Policy.ts"
import type { Document } from "./Document.ts"
import { showPath } from "./decodeDocument.ts"
import type { Note } from "./Note.ts"
import type { Choice, Settled } from "./settle.ts"
import { toPolicy } from "./toPolicy.ts"

/** A limit of the file: what it says and where it stands. */
interface Rule extends TagLimit {
  readonly line: number
  readonly note: (kind: Note["kind"], message: string) => Note
}

const rulesOf = (
  limits: ReadonlyArray<TagLimit>,
  { origin }: Choice<unknown>,
  document: Document
): ReadonlyArray<Rule> => {
  if (origin._tag === "Default") return []
  return limits.map((limit, index) => {
    const path = [...origin.path, index]
    const place = document.locate(path)
    const note = (kind: Note["kind"], message: string): Note => ({
      kind,
      ...place,
      path: showPath(path),
      message
    })
    return { ...limit, line: place.line, note }
  })
}

const whereOf = ({ where }: TagLimit) => Object.entries(where ?? {})

/** Whether all that `a` looks at `b` looks at too. */
const isWithin = (a: TagLimit, b: TagLimit): boolean =>
  whereOf(b).every(([key, value]) => a.where?.[key] === value || (key === a.key && a.value === value))

const formOf = ({ value, each, distinct }: TagLimit): string =>
  distinct ? "distinct" : each ? "each" : value === undefined ? "any" : `=${value}`

/** The queue counts limits of one form as one, and looks at the last of them only. */
const isSameForm = (a: TagLimit, b: TagLimit): boolean => {
  const where = (limit: TagLimit) => JSON.stringify(whereOf(limit).sort())
  return a.key === b.key && formOf(a) === formOf(b) && where(a) === where(b)
}

/** Whether each run that `a` counts is counted by `b` as well, so that `b` is full no later if it is as small. */
const counts = (b: TagLimit, a: TagLimit): boolean => {
  if (a.key !== b.key || !isWithin(a, b)) return false
  const [of, by] = [formOf(a), formOf(b)]
  return of === by || by === "any" || (by === "each" && of.startsWith("="))
}

const isImpossible = ({ key, value, where }: TagLimit): boolean =>
  value !== undefined && where !== undefined && Object.hasOwn(where, key) && where[key] !== value

const deadBecause = (
  rule: Rule,
  at: number,
  rules: ReadonlyArray<Rule>,
  max: number | null
): string | undefined => {
  const again = rules.find((other, place) => place > at && isSameForm(rule, other))
  if (again) return `the same limit stands in line ${again.line}, and the last one counts`
  if (isImpossible(rule)) return `no run has two values of ${rule.key}`
  if (max !== null && rule.limit >= max) return `never more than ${max} runs are in progress at all`
  const tighter = rules.find((other, place) => {
    const isHeeded = !rules.slice(place + 1).some((later) => isSameForm(other, later))
    if (place === at || !isHeeded || !counts(other, rule) || other.limit > rule.limit) return false
    // Of two that say the same in different words the first is left.
    return other.limit < rule.limit || !counts(rule, other) || place < at
  })
  return tighter && `the limit of ${tighter.limit} in line ${tighter.line} is always reached before it`
}

/** Tags by which Dagster put steps, not runs, under a limit. */
const stepTags = ["dagster/concurrency_key", "dagster/pool"]

const aboutKey = (rule: Rule, pools: ReadonlyArray<string>): ReadonlyArray<Note> => {
  if (rule.key === jobKey) return []
  if (pools.includes(rule.key))
    return [
      rule.note(
        "mind",
        `${rule.key} is the name of a pool; a tag limit looks at the tags of runs, not at their pools`
      )
    ]
  if (!stepTags.includes(rule.key)) return []
  const message = `${rule.key} is a tag of steps; a tag limit looks at those of runs: limit the pool instead`
  return [rule.note("mind", message)]
}

type Path = ReadonlyArray<PropertyKey>

const noteAt =
  (document: Document) =>
  (path: Path, kind: Note["kind"], message: string): Note => ({
    kind,
    ...document.locate(path, "key"),
    path: showPath(path),
    message
  })

/** Where a value stands in the file; nothing if it is a default. */
const pathOf = ({ origin }: Choice<unknown>): ReadonlyArray<Path> =>
  origin._tag === "File" ? [origin.path] : []

/** The limits of pools, those by name and the one for all others, each with its place. */
const poolLimits = (settled: Settled): ReadonlyArray<readonly [path: Path, limit: number]> => {
  const limits = settled["concurrency.pools.limits"]
  const others = settled["concurrency.pools.default_limit"]
  return [
    ...pathOf(limits).flatMap((path) =>
      Object.entries(limits.value).map(([name, limit]) => [[...path, name], limit] as const)
    ),
    ...pathOf(others).map((path) => [path, others.value ?? 0] as const)
  ]
}

/** With granularity `op` steps claim slots whatever the queue does, so that no limit is dead. */
const deadPools = (settled: Settled, document: Document): ReadonlyArray<Note> => {
  const { pools, maxConcurrentRuns: max } = toPolicy(settled)
  const note = noteAt(document)
  if (!pools) return []
  const buffer = settled["concurrency.pools.op_granularity_run_buffer"]
  const idle = pools.blocking
    ? []
    : pathOf(buffer).map((path) => note(path, "dead", "is dead: full pools hold no run back"))
  if (pools.granularity === "op") return idle
  const dead = poolLimits(settled).flatMap(([path, limit]) => {
    if (!pools.blocking)
      return [
        note(path, "dead", "is dead: with granularity `run` only the queue looks at pools, and it does not")
      ]
    if (max === null || limit + pools.buffer < max) return []
    return [note(path, "dead", `is dead: never more than ${max} runs are in progress at all`)]
  })
  return [...dead, ...idle]
}

const standstill = (settled: Settled, document: Document): ReadonlyArray<Note> => {
  const max = settled["concurrency.runs.max_concurrent_runs"]
  const maxQueued = settled["concurrency.runs.max_queued_runs"]
  const note = noteAt(document)
  return [
    ...(max.value !== -1 && max.value <= 0
      ? pathOf(max).map((path) => note(path, "mind", "lets no run start at all"))
      : []),
    ...(maxQueued.value === 0 ? pathOf(maxQueued).map((path) => note(path, "mind", "refuses every run")) : [])
  ]
}

/** Which rules of a file are dead, and which tag limits are likely meant for something else. */
export const deadRules = (settled: Settled, document: Document): ReadonlyArray<Note> => {
  const { tagLimits, maxConcurrentRuns: max, pools } = toPolicy(settled)
  const rules = rulesOf(tagLimits, settled["concurrency.runs.tag_concurrency_limits"], document)
  const dead = rules.flatMap((rule, at) => {
    const why = deadBecause(rule, at, rules, max)
    return why === undefined ? [] : [rule.note("dead", `is dead: ${why}`)]
  })
  const names = Object.keys(pools?.limits ?? {})
  return [
    ...standstill(settled, document),
    ...dead,
    ...rules.flatMap((rule) => aboutKey(rule, names)),
    ...deadPools(settled, document)
  ]
}
