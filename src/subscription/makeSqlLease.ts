/**
 * The right to deliver a subscription that stands in a database.
 *
 * The lock decides who delivers; the lease, new for each who does, decides whose word still counts.
 */
import { randomUUID } from "node:crypto"
import { hostname } from "node:os"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import type { Subscription } from "./Subscription.ts"
import { subscriptionError } from "./SubscriptionError.ts"
import type { Lease, Outcome, StoreError, SubscriptionStore } from "./SubscriptionStore.ts"
import { subscriptionColumns, subscriptionOf } from "./subscriptionOf.ts"
import type { Statement, SubscriptionDatabase } from "./subscriptionsLayout.ts"

type Service = SubscriptionStore["Service"]

const recording = (
  name: string,
  lease: string,
  revision: number,
  { position = 0, park = [], unpark = [], stop }: Outcome
): ReadonlyArray<Statement> => [
  [
    `UPDATE signalbox_subscription
    SET position = CASE WHEN position < CAST($4 AS bigint) THEN CAST($4 AS bigint) ELSE position END,
      stopped = coalesce($5, stopped)
    WHERE name = $1 AND lease = $2 AND revision = CAST($3 AS bigint) RETURNING 1`,
    name,
    lease,
    revision,
    position,
    stop ?? null
  ],
  ...unpark.map(
    (at): Statement => [
      "DELETE FROM signalbox_parked WHERE name = $1 AND position = CAST($2 AS bigint)",
      name,
      at
    ]
  ),
  ...park.map(
    ({ position: at, error, tries, at: when }): Statement => [
      `INSERT INTO signalbox_parked VALUES ($1, CAST($2 AS bigint), $3, CAST($4 AS integer), CAST($5 AS bigint), 0)
      ON CONFLICT (name, position) DO UPDATE
      SET error = excluded.error, tries = signalbox_parked.tries + excluded.tries, at = excluded.at, due = 0`,
      name,
      at,
      error,
      tries,
      when
    ]
  )
]

/** Takes the right to deliver; what it records counts only as long as it has it. */
export const makeSqlLease = (
  store: Pick<Service, "get">,
  { run, lock }: SubscriptionDatabase,
  name: string
): Effect.Effect<Lease, StoreError, Scope.Scope> =>
  Effect.gen(function* () {
    yield* store.get(name)
    const locked = yield* lock(name)
    if (Option.isNone(locked)) {
      const found = yield* run([["SELECT holder FROM signalbox_subscription WHERE name = $1", name]], false)
      return yield* subscriptionError({
        _tag: "Delivered",
        name,
        holder: String(found[0]?.[0] ?? "another process")
      })
    }
    const ours = locked.value
    const lease = randomUUID()
    const holder = `process ${process.pid} on ${hostname()}`
    const taking: Statement = [
      "UPDATE signalbox_subscription SET lease = $2, holder = $3 WHERE name = $1 RETURNING 1",
      name,
      lease,
      holder
    ]
    const lost = subscriptionError({ _tag: "Lost", name })
    if ((yield* ours([taking], true)).length === 0) return yield* lost
    const load: Statement = [
      `SELECT ${subscriptionColumns} FROM signalbox_subscription WHERE name = $1 AND lease = $2`,
      name,
      lease
    ]
    return {
      load: Effect.flatMap(
        ours([load], false),
        ([row]): Effect.Effect<Subscription, StoreError> => (row ? subscriptionOf(row) : Effect.fail(lost))
      ),
      record: (revision, outcome) =>
        Effect.map(
          ours(recording(name, lease, revision, outcome), outcome.stop !== undefined),
          ({ length }) => length > 0
        )
    }
  })
