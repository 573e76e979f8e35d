import { join } from "node:path"
import * as Effect from "effect/Effect"
import { makeSqliteEventLog } from "../../../src/log/sqlite/SqliteEventLog.ts"
import { eventLogContract } from "../EventLogContract.ts"
import { temporaryFolder } from "../temporaryFolder.ts"

eventLogContract(
  "a log in SQLite",
  Effect.flatMap(temporaryFolder, (folder) => makeSqliteEventLog(join(folder, "runs.db")))
)
