/**
 * `log backup`: a copy of the log, while whoever coordinates it goes on.
 */
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Effect from "effect/Effect"
import { backup as copyLog } from "../log/sqlite/backup.ts"
import { Display } from "./Display.ts"
import { Exit, exitCodes } from "./exitCodes.ts"
import { count } from "./format.ts"
import { isUrl } from "./openLog.ts"
import { print, root } from "./root.ts"

const ofPostgres =
  "A log in Postgres is backed up by the means of Postgres: pg_dump, or a backup of the server."

export const backup = Command.make(
  "backup",
  {
    file: Argument.String("file").pipe(
      Argument.withMetavar("FILE"),
      Argument.withDescription("Where the copy goes; nothing may be there yet")
    )
  },
  Effect.fn(function* ({ file }) {
    const { log, json } = yield* root
    if (isUrl(log)) return yield* new Exit({ code: exitCodes.usage.code, message: ofPostgres })
    const display = new Display(process.stdout.isTTY && !json, true)
    const progress = (done: number) => display.live(`Copying: ${Math.floor(100 * done)} %`)
    const made = yield* Effect.ensuring(
      copyLog(log, file, progress),
      Effect.sync(() => display.end())
    )
    const size = `${(made.bytes / 1_000_000).toFixed(1)} MB`
    yield* print(
      json,
      made,
      () => `${count(made.position, "event")} copied to ${file} and verified (${size}).`
    )
  })
).pipe(Command.withDescription("Copy the log to a new file, whole and verified, even while it is written"))
