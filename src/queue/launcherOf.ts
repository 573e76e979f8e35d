/**
 * Which launcher a run goes to by the routes of the policy. Settled when it is submitted and recorded then: an attempt is
 * looked for, and stopped, where it was started, whatever the routes say later.
 */
import type { RunSpec } from "../run/RunSpec.ts"
import { labelOf } from "./Limits.ts"
import type { Policy, Route } from "./Policy.ts"

const fits = ({ where = {}, kind }: Route, spec: RunSpec): boolean =>
  (kind === undefined || kind === (spec.command === undefined ? "job" : "command")) &&
  Object.entries(where).every(([key, text]) => labelOf(spec, key) === text)

/** The launcher of the first route that fits; undefined where none does, or where the run names one itself. */
export const launcherOf = ({ routes }: Policy, spec: RunSpec): string | undefined =>
  spec.launcher === undefined ? routes?.find((route) => fits(route, spec))?.launcher : undefined

const describe = ({ where = {}, kind }: Route): string => {
  const labels = Object.entries(where).map(([key, text]) => `${key}=${text}`)
  return [...(kind === undefined ? [] : [`a ${kind}`]), ...labels].join(" and ")
}

/** Why no launcher takes the run, if none does. */
export const routeIssue = (policy: Policy, spec: RunSpec): string | undefined => {
  const { routes } = policy
  if (!routes || spec.launcher !== undefined || launcherOf(policy, spec) !== undefined) return undefined
  return `no route takes run ${spec.id}: there are routes for runs with ${routes.map(describe).join("; ")}`
}
