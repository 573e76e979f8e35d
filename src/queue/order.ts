/**
 * Who goes first.
 */
import type { Run } from "../run/Run.ts"

/** What an order may go by: what does not change while a run waits, save by a command that says so. */
export type Standing = Pick<Run, "id" | "spec" | "actor" | "priority" | "top" | "order" | "submittedAt">

/** Which of two waiting runs goes first: below 0 the first of them. Must tell any two apart. */
export type RunOrder = (a: Standing, b: Standing) => number

/** Higher priority first; within one priority, first come first served. */
export const byPriority: RunOrder = (a, b) =>
  a.priority === b.priority ? a.order - b.order : a.priority > b.priority ? -1 : 1

/** Orders by the name that a policy calls them by. */
export type Orders = Readonly<Record<string, RunOrder>>

/** What was moved to the top stands there, the last one first; then the custom order; what that leaves equal, by priority. */
export const orderNamed = (name: string | undefined, orders: Orders): RunOrder => {
  const custom = name !== undefined && Object.hasOwn(orders, name) ? orders[name] : undefined
  const rest: RunOrder = custom ? (a, b) => custom(a, b) || byPriority(a, b) : byPriority
  return (a, b) => b.top - a.top || rest(a, b)
}
