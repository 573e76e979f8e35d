/** The public names of `signalbox/postgres`: a log in Postgres, and the subscriptions to it. Needs the package `@effect/sql-pg`. */
export { layer, makePostgresEventLog, prepare } from "./log/PostgresEventLog.ts"
export { restorePostgres } from "./log/restorePostgres.ts"
export {
  layerSubscriptions,
  makePostgresSubscriptionStore,
  prepareSubscriptions
} from "./subscription/PostgresSubscriptionStore.ts"
