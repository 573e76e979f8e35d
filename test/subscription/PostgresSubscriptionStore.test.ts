import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import {
  makePostgresSubscriptionStore,
  prepareSubscriptions
} from "../../src/subscription/PostgresSubscriptionStore.ts"
import { emptyPlaces, query } from "../log/postgres/database.ts"
import { everything, subscriptionStoreContract } from "./SubscriptionStoreContract.ts"

const emptyPlace = emptyPlaces()

subscriptionStoreContract(
  "subscriptions in Postgres",
  Effect.map(emptyPlace, (url) => Effect.sync(() => makePostgresSubscriptionStore(url)))
)

it.live("a session that is lost loses the right to deliver, and another has it", () =>
  Effect.gen(function* () {
    const url = yield* emptyPlace
    const store = makePostgresSubscriptionStore(url)
    const { revision } = yield* store.add("a", everything, 0)
    const lease = yield* store.lease("a")
    yield* query(
      url,
      `SELECT pg_terminate_backend(pid) FROM pg_locks
      WHERE locktype = 'advisory' AND classid = 'signalbox_subscription'::regclass::oid`
    )
    const next = yield* Effect.retry(store.lease("a"), { while: () => true })
    expect(yield* Effect.flip(lease.record(revision, { position: 3 }))).toMatchObject({ _tag: "LogError" })
    expect(yield* next.record(revision, { position: 2 })).toBe(true)
    expect(yield* store.get("a")).toMatchObject({ position: 2 })
  })
)

it.live("a role may deliver without owning the tables", () =>
  Effect.gen(function* () {
    const url = yield* emptyPlace
    const user = `signalbox_test_deliverer_${process.pid}`
    yield* Effect.acquireRelease(query(url, `CREATE USER ${user} PASSWORD 'secret'`), () =>
      Effect.orDie(Effect.andThen(query(url, `DROP OWNED BY ${user}`), query(url, `DROP USER ${user}`)))
    )
    yield* query(
      url,
      `DO $$ BEGIN EXECUTE format('GRANT USAGE ON SCHEMA %I TO ${user}', current_schema()); END $$`
    )
    yield* prepareSubscriptions(url, { deliverer: user })
    const asUser = new URL(url)
    asUser.username = user
    asUser.password = "secret"
    const store = makePostgresSubscriptionStore(asUser.href)
    yield* store.add("a", everything, 0)
    const lease = yield* store.lease("a")
    expect(
      yield* lease.record(0, { position: 3, park: [{ position: 2, error: "no", tries: 1, at: 1 }] })
    ).toBe(true)
    expect(yield* store.retry("a")).toBe(1)
    yield* store.remove("a")
  })
)
