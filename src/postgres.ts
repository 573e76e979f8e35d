/** The public names of `signalbox/postgres`: a log in Postgres. Needs the package `@effect/sql-pg`. */
export { layer, makePostgresEventLog, prepare } from "./log/PostgresEventLog.ts"
export { restorePostgres } from "./log/restorePostgres.ts"
