import { readdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { restoreSqlite } from "../../../src/log/sqlite/restoreSqlite.ts"
import { makeSqliteEventLog } from "../../../src/log/sqlite/SqliteEventLog.ts"
import { notes } from "../contract/Contract.ts"
import { temporaryFolder } from "../temporaryFolder.ts"
import { entriesOf } from "./entriesOf.ts"
import { restoreContract } from "./RestoreContract.ts"

restoreContract(
  "a log in SQLite that is made of another",
  Effect.map(temporaryFolder, (folder) => {
    const path = join(folder, "runs.db")
    return { restore: (entries) => restoreSqlite(path, entries), open: makeSqliteEventLog(path) }
  })
)

const entries = Stream.fromIterable(entriesOf(notes(0, 3)))

it.live("what fails leaves no file behind, and takes the place of none", () =>
  Effect.gen(function* () {
    const folder = yield* temporaryFolder
    const path = join(folder, "runs.db")
    yield* Effect.flip(restoreSqlite(path, Stream.concat(entries, Stream.fail("no more"))))
    expect(readdirSync(folder)).toEqual([])

    // Someone else makes it while we do.
    const late = Stream.fromEffect(Effect.sync(() => writeFileSync(path, "of someone else")))
    const error = yield* Effect.flip(restoreSqlite(path, Stream.concat(entries, Stream.drain(late))))
    expect(error).toMatchObject({ reason: { _tag: "NotEmpty", log: path } })
    expect(readdirSync(folder)).toEqual(["runs.db"])
  })
)

it.live("a folder that is not there is told by the log's name", () =>
  Effect.gen(function* () {
    const path = join(yield* temporaryFolder, "nowhere", "runs.db")
    const error = yield* Effect.flip(restoreSqlite(path, entries))
    expect(error.message).toContain(`${path} cannot be used: it cannot be opened: its folder is missing`)
  })
)
