/**
 * Which log `--log` means: the one in a file, or the one in a Postgres database; and the subscriptions to it.
 */
import { dirname, join, resolve } from "node:path"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type * as Stream from "effect/Stream"
import type { Entry, EventLog, Head } from "../log/EventLog.ts"
import type { ImportError } from "../log/ImportError.ts"
import type { LogError } from "../log/LogError.ts"
import { shownUrl } from "../log/postgres/shownUrl.ts"
import { restoreSqlite } from "../log/sqlite/restoreSqlite.ts"
import { makeSqliteEventLog } from "../log/sqlite/SqliteEventLog.ts"
import { makeSqliteSubscriptionStore, subscriptionsFile } from "../subscription/SqliteSubscriptionStore.ts"
import type { SubscriptionStore } from "../subscription/SubscriptionStore.ts"

/** Whether the log is in a database. */
export const isUrl = (log: string): boolean => /^postgres(ql)?:/.test(log)

/** The log itself. What Postgres needs is part of the published program, and loaded only for it. */
export const openLog = (log: string): Effect.Effect<EventLog["Service"], never, Scope.Scope> =>
  isUrl(log)
    ? Effect.flatMap(
        Effect.promise(() => import("../log/postgres/PostgresEventLog.ts")),
        ({ makePostgresEventLog }) => makePostgresEventLog(log)
      )
    : makeSqliteEventLog(log)

/** Makes the log out of entries of another one. */
export const restoreLog = <E>(
  log: string,
  entries: Stream.Stream<Entry, E>
): Effect.Effect<Head, E | ImportError | LogError> =>
  isUrl(log)
    ? Effect.flatMap(
        Effect.promise(() => import("../log/postgres/restorePostgres.ts")),
        ({ restorePostgres }) => restorePostgres(log, entries)
      )
    : restoreSqlite(log, entries)

/** The subscriptions to the log. */
export const openSubscriptions = (
  log: string
): Effect.Effect<SubscriptionStore["Service"], never, Scope.Scope> =>
  isUrl(log)
    ? Effect.map(
        Effect.promise(() => import("../subscription/PostgresSubscriptionStore.ts")),
        ({ makePostgresSubscriptionStore }) => makePostgresSubscriptionStore(log)
      )
    : makeSqliteSubscriptionStore(subscriptionsFile(log))

/** The log as any process names it, wherever it runs. */
export const fullNameOf = (log: string): string => (isUrl(log) ? log : resolve(log))

/** The log as it may be shown. */
export const shownNameOf = (log: string): string => (isUrl(log) ? shownUrl(log) : log)

/** The folder of what stands beside a log: that of its file; for one in a database, that of this project. */
export const homeOf = (log: string): string => (isUrl(log) ? ".signalbox" : dirname(log))

/** Where attempts leave their files. */
export const artifactsIn = (log: string): string => join(homeOf(log), "artifacts")

/** Where what the log makes is kept, for a quicker start. */
export const snapshotIn = (log: string): string =>
  isUrl(log) ? join(homeOf(log), "snapshot") : `${log}-snapshot`
