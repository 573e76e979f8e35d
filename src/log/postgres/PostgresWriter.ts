/**
 * The writing half of `PostgresEventLog`, on a session of its own.
 *
 * The lead is an advisory lock of that session, one for each epoch, which the server drops with the session, however
 * it ends. The lock decides who starts; the epoch in each append decides who still writes. Both take one statement
 * each, so that a writer that freezes leaves nothing locked and nothing half done.
 */
import type * as Cause from "effect/Cause"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Queue from "effect/Queue"
import * as Scope from "effect/Scope"
import { settings } from "../../settings.ts"
import type { Row } from "../codec.ts"
import type { Candidate, Head } from "../EventLog.ts"
import { eventHash, firstPrevious } from "../eventHash.ts"
import { type LogError, type LogErrorReason, logError } from "../LogError.ts"
import {
  bytes,
  connect,
  escaped,
  holding,
  number,
  numbers,
  type PostgresSession,
  type SessionConfig,
  telling,
  texts,
  unescaped
} from "./PostgresSession.ts"

/** Where whoever follows the log is told that there is more in it. */
export const channel = "signalbox"

/** The first key of the locks of the log that the session finds; the second one is the epoch. */
export const ownLock = "'signalbox_log'::regclass::oid::integer"

/** Candidates come one after the other: what one finds holds until it leads. */
const taking = `
  WITH found AS MATERIALIZED (
    SELECT epoch, holder FROM signalbox_log FOR UPDATE
  ), free AS MATERIALIZED (
    SELECT epoch FROM found
    WHERE $2::boolean OR epoch = $3::float8 OR pg_try_advisory_xact_lock(${ownLock}, epoch::integer)
  ), taken AS (
    UPDATE signalbox_log SET epoch = signalbox_log.epoch + 1, holder = $1::text FROM free
    RETURNING signalbox_log.epoch, signalbox_log.position,
      pg_try_advisory_lock(${ownLock}, signalbox_log.epoch::integer)
  )
  SELECT taken.epoch::float8, taken.position::float8, found.holder FROM found LEFT JOIN taken ON true`

const appending = `
  WITH fence AS (
    UPDATE signalbox_log SET position = position + $3::float8
    WHERE epoch = $1::float8 AND position = $2::float8
    RETURNING pg_notify('${channel}', '')
  ), written AS (
    INSERT INTO signalbox_event (position, turn, at, type, version, run, actor, cause, epoch, data, hash)
    SELECT $2::float8 + place, turn, at, type, version, run, actor, cause, epoch, data, hash FROM fence, unnest(
      $4::float8[], $5::float8[], $6::text[], $7::float8[], $8::text[], $9::text[], $10::text[], $11::float8[], $12::text[], $13::bytea[]
    ) WITH ORDINALITY AS given (turn, at, type, version, run, actor, cause, epoch, data, hash, place)
  )
  SELECT count(*)::float8 FROM fence`

const lastHash = "SELECT hash FROM signalbox_event WHERE position = $1::float8::bigint"

const ending = "SELECT position::float8, epoch::float8 FROM signalbox_log"

const lettingGo = `
  UPDATE signalbox_log SET holder = NULL WHERE epoch = $1::float8
  RETURNING pg_advisory_unlock(${ownLock}, epoch::integer)`

/** What the writer's session must be, whatever is usual there: no commit is early. */
const waitingForDisk =
  "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'"

const orNull = (text: string | null): string | null => (text === null ? null : escaped(text))

/** What an insert is given: a list for each column but the position, in the order of the table. */
export const columns = (rows: ReadonlyArray<Row>, hashes: ReadonlyArray<Uint8Array>) => [
  numbers(rows.map((row) => row[1])),
  numbers(rows.map((row) => row[2])),
  texts(rows.map((row) => row[3])),
  numbers(rows.map((row) => row[4])),
  texts(rows.map((row) => orNull(row[5]))),
  texts(rows.map((row) => escaped(row[6]))),
  texts(rows.map((row) => orNull(row[7]))),
  numbers(rows.map((row) => row[8])),
  texts(rows.map((row) => row[9])),
  bytes(hashes)
]

interface Asked {
  readonly rows: ReadonlyArray<Row>
  readonly done: Deferred.Deferred<void, LogError>
}

/** A writer that leads; its appends are made one after the other, also those that nobody waits for any more. */
interface PostgresWriter extends Head {
  readonly append: (rows: ReadonlyArray<Row>) => Effect.Effect<void, LogError>
}

/** Where a writer is found, and what it is to its log. */
interface WriterPlace {
  readonly log: string
  readonly config: SessionConfig
  /** Lays the log out, or finds it as it should be. */
  readonly ready: (session: PostgresSession) => Effect.Effect<unknown, LogError>
  /** An epoch under which this process led until its session was lost: free to be followed, whoever holds its lock. */
  readonly orphan: number | undefined
  /** Called with the epoch of a lead that was let go without the server hearing of it. */
  readonly lost: (epoch: number) => void
}

/** A session that is hung up on where it does not answer: what came of it is then unknown. */
class Line {
  readonly log: string
  private readonly session: PostgresSession
  private readonly scope: Scope.Closeable
  private silent = false

  constructor(log: string, session: PostgresSession, scope: Scope.Closeable) {
    this.log = log
    this.session = session
    this.scope = scope
  }

  private readonly hangUp = Effect.suspend(() => {
    this.silent = true
    return Scope.close(this.scope, Exit.void)
  })

  ask(
    sql: string,
    given: ReadonlyArray<unknown> = []
  ): Effect.Effect<ReadonlyArray<ReadonlyArray<unknown>>, LogError> {
    const timer = Effect.forkDetach(Effect.delay(this.hangUp, settings.postgresAnswerMs))
    return Effect.acquireUseRelease(timer, () => this.session.queryValues(sql, given), Fiber.interrupt).pipe(
      telling(this.log),
      Effect.mapError((error) => {
        const issue = `its server has not answered for ${settings.postgresAnswerMs} ms`
        return this.silent ? logError({ _tag: "Unavailable", log: this.log, issue }) : error
      })
    )
  }
}

const takeLead = Effect.fnUntraced(function* (place: WriterPlace, line: Line, candidate: Candidate) {
  const { log, orphan } = place
  yield* line.ask(waitingForDisk)
  const given = [escaped(candidate.holder), candidate.takeOver ?? false, number(orphan ?? -1)]
  const [[epoch, position, holder] = []] = yield* line.ask(taking, given)
  if (typeof epoch !== "number") {
    return yield* logError({ _tag: "Led", log, holder: unescaped(String(holder ?? "another process")) })
  }
  return { epoch, position: Number(position) }
})

/** Why nothing was written, or may be. */
const refusal = (lead: Head, now: Head, [first]: ReadonlyArray<Row>): LogErrorReason | undefined => {
  if (now.epoch !== lead.epoch) return { _tag: "Fenced", epoch: lead.epoch, current: now.epoch }
  if (!first) return undefined
  return { _tag: "PositionConflict", expected: first[0] - 1, found: now.position }
}

/** The hashes of rows that follow an event of that hash. */
const hashesOf = (log: string, previous: Uint8Array, rows: ReadonlyArray<Row>) =>
  Effect.try({
    try: () => {
      let last = previous
      return rows.map((row) => {
        last = eventHash(last, row)
        return last
      })
    },
    catch: (error) => logError({ _tag: "Unavailable", log, issue: String(error) })
  })

/** Writes the rows, and answers the hash of the last event then. */
const write = Effect.fnUntraced(function* (
  line: Line,
  lead: Head,
  previous: Uint8Array,
  rows: ReadonlyArray<Row>
) {
  if (rows[0]) {
    const hashes = yield* hashesOf(line.log, previous, rows)
    const fence = [number(lead.epoch), number(rows[0][0] - 1), number(rows.length)]
    const [[moved] = []] = yield* line.ask(appending, [...fence, ...columns(rows, hashes)])
    if (moved === 1) return hashes.at(-1) ?? previous
  }
  const [[position, epoch] = []] = yield* line.ask(ending)
  const reason = refusal(lead, { position: Number(position), epoch: Number(epoch) }, rows)
  return reason ? yield* logError(reason) : previous
})

/** Takes the lead; lets go of it with the scope. */
export const makePostgresWriter = Effect.fnUntraced(function* (place: WriterPlace, candidate: Candidate) {
  const { log } = place
  const own = yield* Effect.acquireRelease(Scope.make(), (scope) => Scope.close(scope, Exit.void))
  const session = yield* connect({ ...place.config, startupParameters: holding }).pipe(
    telling(log),
    Scope.provide(own)
  )
  yield* place.ready(session)
  const line = new Line(log, session, own)
  const lead = yield* takeLead(place, line, candidate)

  const [[found] = []] = yield* line.ask(lastHash, [number(lead.position)])
  let last = found instanceof Uint8Array ? found : firstPrevious
  const asked = yield* Queue.unbounded<Asked, Cause.Done>()
  const writeNext = Effect.flatMap(Queue.take(asked), ({ rows, done }) =>
    Effect.suspend(() => write(line, lead, last, rows)).pipe(
      Effect.tap((hash) => Effect.sync(() => (last = hash))),
      Effect.asVoid,
      Effect.exit,
      Effect.flatMap((exit) => Deferred.done(done, exit))
    )
  )
  const work = yield* Effect.forkDetach(Effect.forever(writeNext))
  yield* Effect.addFinalizer(() =>
    Queue.end(asked).pipe(
      Effect.andThen(Fiber.await(work)),
      Effect.andThen(line.ask(lettingGo, [number(lead.epoch)])),
      Effect.catch(() => Effect.sync(() => place.lost(lead.epoch)))
    )
  )

  const append = (rows: ReadonlyArray<Row>): Effect.Effect<void, LogError> =>
    Effect.gen(function* () {
      const done = yield* Deferred.make<void, LogError>()
      const taken = yield* Queue.offer(asked, { rows, done })
      if (!taken) return yield* logError({ _tag: "Unavailable", log, issue: "its lead was let go" })
      yield* Deferred.await(done)
    })
  return { ...lead, append } satisfies PostgresWriter
})
