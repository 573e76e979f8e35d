/**
 * What holds, and why: each value of a configuration with where it comes from, and the file that would say the same.
 */
import { immediateClass } from "./coordinatorSchema.ts"
import { showPath } from "./decodeDocument.ts"
import type { Config } from "./readConfig.ts"
import type { Origin } from "./settle.ts"

/** One value of the effective configuration. */
interface Explained {
  /** The key under which signalbox.yaml has it. */
  readonly key: string
  /** In the units of the file; null where nothing is set. */
  readonly value: unknown
  /** In words. */
  readonly from: string
}

const describeOrigin = (origin: Origin, key: string): string => {
  if (origin._tag === "Default") return origin.of
  const path = showPath(origin.path)
  const elsewhere = path === key ? "" : `, ${path}`
  const variable = origin.env === undefined ? "" : `, environment variable ${origin.env}`
  return `line ${origin.line}${elsewhere}${variable}`
}

const nest = (entries: ReadonlyArray<readonly [string, unknown]>): Record<string, unknown> => {
  const nested: Record<string, unknown> = {}
  for (const [key, value] of entries) {
    const path = key.split(".")
    const last = path.pop() ?? ""
    let within = nested
    for (const name of path) {
      within[name] ??= {}
      within = within[name] as Record<string, unknown>
    }
    within[last] = value
  }
  return nested
}

/** The signalbox.yaml that says all that holds and leaves nothing to defaults. */
export const effective = ({ settled }: Config): Readonly<Record<string, unknown>> => {
  const isImmediate = settled["run_coordinator.class"].value === immediateClass
  const said = Object.entries(settled)
    .map(([key, { value }]) => [key, value] as const)
    .filter(
      ([key, value]) => value !== null && !key.startsWith(isImmediate ? "run_queue." : "run_coordinator.")
    )
  return nest(isImmediate ? [["run_coordinator.module", "dagster"], ...said] : said)
}

/** What a list or a mapping holds, each part under its own key. */
const partsOf = (value: unknown): ReadonlyArray<readonly [PropertyKey, unknown]> => {
  if (Array.isArray(value)) return value.map((part: unknown, index) => [index, part] as const)
  return typeof value === "object" && value !== null ? Object.entries(value) : []
}

/** Each value that holds, with where it comes from; of limits each one apart. */
export const explainConfig = ({ settled, document }: Config): ReadonlyArray<Explained> =>
  Object.entries(settled).flatMap(([key, { value, origin }]): ReadonlyArray<Explained> => {
    const parts = origin._tag === "File" ? partsOf(value) : []
    if (origin._tag === "Default" || parts.length === 0)
      return [{ key, value, from: describeOrigin(origin, key) }]
    return parts.map(([name, part]) => {
      const path = [...origin.path, name]
      const own = showPath([...key.split("."), name])
      return {
        key: own,
        value: part,
        from: describeOrigin({ ...origin, path, ...document.locate(path) }, own)
      }
    })
  })
