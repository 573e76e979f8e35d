import { existsSync, mkdirSync, statSync, symlinkSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import {
  makeSqliteSubscriptionStore,
  subscriptionsFile
} from "../../src/subscription/SqliteSubscriptionStore.ts"
import { temporaryFolder } from "../log/temporaryFolder.ts"
import { everything, subscriptionStoreContract } from "./SubscriptionStoreContract.ts"

subscriptionStoreContract(
  "subscriptions in SQLite",
  Effect.map(temporaryFolder, (folder) => makeSqliteSubscriptionStore(join(folder, "subscriptions.db")))
)

subscriptionStoreContract(
  "subscriptions in memory",
  Effect.map(makeSqliteSubscriptionStore(":memory:"), (store) => Effect.succeed(store))
)

it.live("who only looks makes no file; the one that is made is nobody else's to read", () =>
  Effect.gen(function* () {
    const path = join(yield* temporaryFolder, "subscriptions.db")
    const store = yield* makeSqliteSubscriptionStore(path)
    yield* store.list
    yield* Effect.flip(store.get("a"))
    expect(existsSync(path)).toBe(false)
    yield* store.add("a", everything, 0)
    expect(statSync(path).mode & 0o077).toBe(0)
  })
)

it.live("other files are told from subscriptions, and left as they are", () =>
  Effect.gen(function* () {
    const folder = yield* temporaryFolder
    const said = (path: string) =>
      Effect.flatMap(makeSqliteSubscriptionStore(path), (store) =>
        Effect.map(Effect.flip(store.add("a", everything, 0)), ({ message }) => message)
      )
    const text = join(folder, "text")
    writeFileSync(text, "no database, but a text of some length that is certainly none")
    expect(yield* said(text)).toContain("is not a Signalbox log: no SQLite file")
    const other = join(folder, "other.db")
    const db = new DatabaseSync(other)
    db.exec("CREATE TABLE mine (a)")
    expect(yield* said(other)).toContain("an SQLite file of another program")
    db.exec("CREATE TABLE signalbox_subscriptions (format); INSERT INTO signalbox_subscriptions VALUES (99)")
    expect(yield* said(other)).toContain("has format 99, written by a later version")
    db.close()
    expect(yield* said(join(folder, "missing", "a.db"))).toContain("cannot be used")
  })
)

it.live("stands beside the log, by whatever link that is reached", () =>
  Effect.gen(function* () {
    const folder = yield* temporaryFolder
    mkdirSync(join(folder, "real"))
    writeFileSync(join(folder, "real", "runs.db"), "")
    symlinkSync(join(folder, "real", "runs.db"), join(folder, "link.db"))
    const file = subscriptionsFile(join(folder, "link.db"))
    expect(file.endsWith(join("real", "runs-subscriptions.db"))).toBe(true)
    expect(subscriptionsFile("later")).toBe("later-subscriptions.db")
  })
)
