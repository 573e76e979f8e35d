/**
 * Where a log's other things stand: in its folder, and its socket where paths are short.
 */
import { createHash } from "node:crypto"
import { mkdirSync } from "node:fs"
import { tmpdir, userInfo } from "node:os"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import { type LogError, logError } from "../log/LogError.ts"
import { fullNameOf, homeOf, shownNameOf } from "./openLog.ts"

/**
 * The socket at which whoever leads the log takes commands. Not beside the log: a socket's path may have some
 * hundred bytes only.
 */
export const socketOf = (log: string): string => {
  const folder = join(tmpdir(), `signalbox-${userInfo().uid}`)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  return join(folder, `${createHash("sha256").update(fullNameOf(log)).digest("hex").slice(0, 16)}.sock`)
}

/** Makes the log's folder, for whoever is about to write the log. */
export const makeHome = (log: string): Effect.Effect<void, LogError> =>
  Effect.try({
    try: () => mkdirSync(homeOf(log), { recursive: true }),
    catch: (error) =>
      logError({
        _tag: "Unavailable",
        log: shownNameOf(log),
        issue: `its folder cannot be made (${String(error)})`
      })
  })
