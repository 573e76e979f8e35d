/**
 * Data of events in the form of an earlier version, brought to the form of today: by one step for each version, which
 * makes the data of the next. So a step is written once, when a form changes, and knows its two forms only.
 */

/** Makes data of the next version. Data comes as it was parsed; what a step leaves alone it passes on. */
type Upcaster = (data: unknown) => unknown

/** For each type of event, by the version that they begin with, the steps up to the version of today. */
export type Upcasters = Readonly<Record<string, Readonly<Record<number, Upcaster>>>>

/** The type and version of a form. */
type Form = readonly [type: string, version: number]

const own = <A>(record: Readonly<Record<string, A>>, key: string): A | undefined =>
  Object.hasOwn(record, key) ? record[key] : undefined

const needed = (versions: Readonly<Record<string, number>>): ReadonlyArray<Form> =>
  Object.entries(versions).flatMap(([type, version]) =>
    Array.from({ length: version - 1 }, (_, index): Form => [type, index + 1])
  )

/**
 * What brings data of a type and version to the version in `versions`. Throws if a step is missing or has no place, so
 * that no program starts that could not read its own past.
 */
export const makeUpcast = (versions: Readonly<Record<string, number>>, upcasters: Upcasters) => {
  const steps = new Map(
    needed(versions).map(([type, from]) => {
      const found = own(upcasters, type)?.[from]
      if (!found) throw new Error(`no step brings ${type} from version ${from} to ${from + 1}`)
      return [`${type} ${from}`, found]
    })
  )
  for (const [type, ofType] of Object.entries(upcasters)) {
    const idle = Object.keys(ofType).find((from) => !steps.has(`${type} ${from}`))
    if (idle === undefined) continue
    throw new Error(
      `${type} has a step from version ${idle}, and is of version ${own(versions, type) ?? "none"}`
    )
  }
  return (type: string, version: number, data: unknown): unknown => {
    let current = data
    for (let from = version; from !== own(versions, type); from++) {
      const step = steps.get(`${type} ${from}`)
      if (!step) throw new Error(`there is no version ${from} of ${type}`)
      current = step(current)
    }
    return current
  }
}
