/**
 * A cache of the fold: what the log says up to a position, so that a start need not read it all again. It is never needed
 * and never trusted further than it can be checked: it names the version of the fold that made it, the position and the
 * hash of the event there, and a checksum of itself. Whatever does not fit is passed over, and the log is read from its
 * beginning.
 *
 * A file of lines: what it is, the queue without its runs, the runs in parcels, the SHA-256 of all lines before.
 */
import { createHash, hash } from "node:crypto"
import { open, readFile, rename } from "node:fs/promises"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { type Essence, foldVersion } from "../queue/Facts.ts"
import type { Run } from "../run/Run.ts"
import { software } from "../software.ts"
import type { EventLog } from "./EventLog.ts"
import type { LogError } from "./LogError.ts"

const Header = Schema.Struct({
  signalbox: Schema.Literal("snapshot"),
  /** The program and the fold that made it. Another may make another state of the same events. */
  software: Schema.Literal(software),
  fold: Schema.Literal(foldVersion),
  position: Schema.Int,
  /** Of the event at that position, in hexadecimal. */
  hash: Schema.String
})
type Header = typeof Header.Type

const decodeHeader = Schema.decodeUnknownOption(Schema.fromJsonString(Header))

/** The hash that the log has at a position; none where it does not reach so far. */
const hashAt = (log: EventLog["Service"], position: number): Effect.Effect<string | undefined, LogError> =>
  Stream.runLast(log.entries({ after: position - 1, upTo: position })).pipe(
    Effect.map((entry) =>
      Option.getOrUndefined(Option.map(entry, (one) => Buffer.from(one.hash).toString("hex")))
    )
  )

/** Runs at a time: the program has other things to do while a snapshot is written. */
const parcelRuns = 1_000

/** JSON has no integers without bound, which a priority may be. */
const packed = (run: Run) =>
  typeof run.priority === "bigint" ? { ...run, priority: String(run.priority) } : run
const unpacked = (run: Run): Run =>
  typeof run.priority === "string" ? { ...run, priority: BigInt(run.priority) } : run

/** The file system's answers; what goes wrong there is no more than a snapshot that is not kept. */
const io = <A>(run: () => Promise<A>) => Effect.tryPromise(run)

const write = Effect.fnUntraced(function* (path: string, header: Header, { runs, ...rest }: Essence) {
  const part = `${path}.part`
  const checksum = createHash("sha256")
  const file = yield* Effect.acquireRelease(
    io(() => open(part, "w")),
    (handle) => Effect.promise(() => handle.close())
  )
  const line = (value: unknown) => {
    const text = `${JSON.stringify(value)}\n`
    checksum.update(text)
    return io(() => file.write(text))
  }
  yield* line(header)
  yield* line(rest)
  for (let from = 0; from < runs.length; from += parcelRuns) {
    yield* line(runs.slice(from, from + parcelRuns).map(packed))
  }
  yield* io(() => file.write(checksum.digest("hex")))
  // Not forced to the disk: one that is torn by a crash is found out by its checksum.
  yield* io(() => rename(part, path))
}, Effect.scoped)

/** What a file says, if it is whole. */
const parse = (bytes: Buffer): Essence | undefined => {
  const end = bytes.lastIndexOf("\n") + 1
  if (hash("sha256", bytes.subarray(0, end)) !== bytes.toString("utf8", end)) return undefined
  const [, rest, ...parcels] = bytes.toString("utf8", 0, end - 1).split("\n")
  const runs = parcels.flatMap((parcel) => JSON.parse(parcel) as ReadonlyArray<Run>)
  return { ...(JSON.parse(rest ?? "{}") as Omit<Essence, "runs">), runs: runs.map(unpacked) }
}

const headerOf = (bytes: Buffer): Header | undefined =>
  Option.getOrUndefined(decodeHeader(bytes.toString("utf8", 0, Math.max(0, bytes.indexOf("\n")))))

/** Where folds of one log are kept. */
export interface SnapshotStore {
  /** The newest fold that is kept and fits the log, of at most its first `upTo` events; undefined if there is none. */
  readonly load: (log: EventLog["Service"], upTo: number) => Effect.Effect<Essence | undefined, LogError>
  /** Keeps what a queue was made from. Everything up to its position must be durable in the log. */
  readonly save: (log: EventLog["Service"], essence: Essence) => Effect.Effect<void>
}

/** Keeps the newest fold in one file. What cannot be written is not kept; what cannot be read was not kept. */
export const snapshotFile = (path: string): SnapshotStore => ({
  load: Effect.fnUntraced(function* (log: EventLog["Service"], upTo: number) {
    const bytes = Option.getOrUndefined(yield* Effect.option(io(() => readFile(path))))
    const header = bytes && headerOf(bytes)
    if (!header || header.position > upTo) return undefined
    if ((yield* hashAt(log, header.position)) !== header.hash) return undefined
    const essence = parse(bytes)
    return essence?.position === header.position ? essence : undefined
  }),
  save: (log, essence) =>
    Effect.gen(function* () {
      const { position } = essence
      const found = yield* hashAt(log, position)
      if (found === undefined) return
      const header = { signalbox: "snapshot", software, fold: foldVersion, position, hash: found } as const
      yield* write(path, header, essence)
    }).pipe(Effect.ignore)
})

const nowhere: SnapshotStore = { load: () => Effect.succeed(undefined), save: () => Effect.void }

/** Where the coordinator keeps folds of its log; nowhere, unless it is told. */
export const Snapshots = Context.Reference<SnapshotStore>("signalbox/log/Snapshots", {
  defaultValue: () => nowhere
})

/** They are kept in the file at `path`. */
export const layerSnapshots = (path: string): Layer.Layer<never> =>
  Layer.succeed(Snapshots, snapshotFile(path))
