/** The public names of `signalbox/postgres`: a log in Postgres, and the subscriptions to it. Needs the package `@effect/sql-pg`. */
export { layer, makePostgresEventLog, prepare } from "./log/postgres/PostgresEventLog.ts"
export { restorePostgres } from "./log/postgres/restorePostgres.ts"
export {
  layerSubscriptions,
  makePostgresSubscriptionStore,
  prepareSubscriptions
} from "./subscription/PostgresSubscriptionStore.ts"
