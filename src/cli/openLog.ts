/**
 * Which log `--log` means: the one in a file, or the one in a Postgres database.
 */
import { dirname, join, resolve } from "node:path"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { EventLog } from "../log/EventLog.ts"
import { type LogError, logError } from "../log/LogError.ts"
import { makeSqliteEventLog } from "../log/SqliteEventLog.ts"
import { shownUrl } from "../log/shownUrl.ts"

const isUrl = (log: string): boolean => /^postgres(ql)?:/.test(log)

const withoutPostgres = (log: string): LogError => {
  const issue = "a log in Postgres needs the package @effect/sql-pg: npm install @effect/sql-pg"
  return logError({ _tag: "Unavailable", log: shownUrl(log), issue })
}

/** The log itself. What Postgres needs is loaded only for it. */
export const openLog = (log: string): Effect.Effect<EventLog["Service"], LogError, Scope.Scope> =>
  isUrl(log)
    ? Effect.flatMap(
        Effect.tryPromise({
          try: () => import("../log/PostgresEventLog.ts"),
          catch: () => withoutPostgres(log)
        }),
        ({ makePostgresEventLog }) => makePostgresEventLog(log)
      )
    : makeSqliteEventLog(log)

/** The log as any process names it, wherever it runs. */
export const fullNameOf = (log: string): string => (isUrl(log) ? log : resolve(log))

/** The log as it may be shown. */
export const shownNameOf = (log: string): string => (isUrl(log) ? shownUrl(log) : log)

/** The folder of what stands beside a log: that of its file; for one in a database, that of this project. */
export const homeOf = (log: string): string => (isUrl(log) ? ".signalbox" : dirname(log))

/** Where attempts leave their files. */
export const artifactsIn = (log: string): string => join(homeOf(log), "artifacts")
