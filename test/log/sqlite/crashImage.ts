/**
 * The files of a log as a crash leaves them: what is durable of the turns so far, most of it in the write-ahead log.
 */
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import type { LogErrorReason } from "../../../src/log/LogError.ts"
import { makeSqliteEventLog } from "../../../src/log/sqlite/SqliteEventLog.ts"
import { checkSound, closeAsItIs, openForWriting, reasonOf } from "../../../src/log/sqlite/sqliteFile.ts"
import type { Event } from "../../../src/queue/Event.ts"
import { readAll } from "../contract/Contract.ts"
import { turnAt } from "../process/turnAt.ts"
import { temporaryFolder } from "../temporaryFolder.ts"

/** A turn that is durable once the write-ahead log has so many bytes: its last position. */
export interface Durable {
  readonly walBytes: number
  readonly position: number
}

export interface CrashImage {
  readonly file: Buffer
  /** The file, at rest, before the last turns that stand in it now. */
  readonly older: Buffer
  readonly wal: Buffer
  readonly events: ReadonlyArray<Event>
  /** What stands in the file itself. */
  readonly inFile: number
  /** What stands in the write-ahead log, turn by turn. */
  readonly turns: ReadonlyArray<Durable>
}

export const headerBytes = 32
export const frameBytes = 24 + 4_096

/** So many turns in the file, and so many more beside it. */
export const crashImage = (before: number, after: number): Effect.Effect<CrashImage> =>
  Effect.gen(function* () {
    const folder = yield* temporaryFolder
    const path = join(folder, "runs.db")
    const log = yield* makeSqliteEventLog(path)
    const events: Array<Event> = []
    const write = (turns: number) =>
      Effect.gen(function* () {
        const { append } = yield* log.lead({ holder: "ann" })
        const written: Array<Durable> = []
        for (let turn = 0; turn < turns; turn++) {
          const next = turnAt(events.length)
          yield* append(next)
          events.push(...next)
          written.push({ walBytes: statSync(`${path}-wal`).size, position: events.length })
        }
        const image = { file: readFileSync(path), wal: readFileSync(`${path}-wal`) }
        return { written, image }
      }).pipe(Effect.scoped)
    yield* write(before / 2)
    const older = readFileSync(path)
    yield* write(before / 2)
    const inFile = events.length
    const { written, image } = yield* write(after)
    return { ...image, older, events, inFile, turns: written }
  }).pipe(Effect.scoped, Effect.orDie)

/** What becomes of a log: what can be read when it is led again, or why it cannot be. */
export type Fate = { readonly events: ReadonlyArray<Event> } | { readonly refused: LogErrorReason }

/** As a coordinator does that takes the lead. */
const lookAt = (path: string): LogErrorReason | undefined => {
  try {
    const db = openForWriting(path)
    try {
      db.exec("BEGIN IMMEDIATE")
      checkSound(db, path)
      db.exec("ROLLBACK")
      db.close()
    } catch (error) {
      closeAsItIs(path, () => db.close())
      throw error
    }
    return undefined
  } catch (error) {
    return reasonOf(path, error)
  }
}

/** What becomes of these files. Files that are refused must stay as they were. */
export const fateOf = async (file: Buffer, wal: Buffer | undefined): Promise<Fate> => {
  const folder = mkdtempSync(join(tmpdir(), "signalbox-test-"))
  const path = join(folder, "runs.db")
  try {
    writeFileSync(path, file)
    if (wal) writeFileSync(`${path}-wal`, wal)
    const refused = lookAt(path)
    if (refused) {
      const stays = (left: string, was: Buffer | undefined) => !was || readFileSync(left).equals(was)
      if (!stays(path, file) || !stays(`${path}-wal`, wal)) throw new Error("what was refused was changed")
      return { refused }
    }
    const log = makeSqliteEventLog(path)
    const read = Effect.scoped(Effect.flatMap(log, (one) => Effect.result(readAll(one))))
    const events = await Effect.runPromise(read)
    return events._tag === "Success" ? { events: events.success } : { refused: events.failure.reason }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
