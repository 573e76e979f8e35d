/**
 * `submit --file`: many runs, chunk by chunk. After a crash each chunk was submitted as a whole or not at all.
 */
import * as Clock from "effect/Clock"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Stream from "effect/Stream"
import { InputError } from "../config/InputError.ts"
import { readRunFile } from "../config/readRunFile.ts"
import { settings } from "../settings.ts"
import { Display } from "./Display.ts"
import { type Ask, type Commands, delivering } from "./deliver.ts"
import { exitCodes, quietExit } from "./exitCodes.ts"
import { count } from "./format.ts"
import { readSubmissions, type Submission } from "./readSubmissions.ts"
import { print, root } from "./root.ts"

type Chunk = ReadonlyArray<Result.Result<Submission, InputError>>

interface Given {
  readonly file: string
  /** Whether what is wrong or refused holds up nothing else. */
  readonly keepGoing: boolean
  readonly idempotencyKey: string | undefined
}

interface Tally {
  submitted: number
  deduplicated: number
  refused: number
  position: number
}

const cannotRead = (file: string, error: unknown): InputError => {
  const message = error instanceof Error ? error.message : String(error)
  return new InputError({ file, problems: [{ path: "", message }] })
}

const chunksOf = (file: string, now: number): Stream.Stream<Chunk, InputError> =>
  /\.(ya?ml|json)$/.test(file)
    ? Stream.unwrap(
        Effect.map(readRunFile(file, now), ({ runs }) => {
          const read = runs.map((spec) =>
            Result.succeed({ place: file, mark: spec.id, spec, idempotencyKey: undefined })
          )
          return Stream.chunks(Stream.fromIterable(read, { chunkSize: settings.submitChunkRuns }))
        })
      )
    : Stream.fromAsyncIterable(readSubmissions(file, now), (error) => cannotRead(file, error))

const commandOf = ({ spec, mark, idempotencyKey }: Submission, key: string | undefined): Commands[0] => {
  const own = idempotencyKey ?? (key === undefined ? undefined : `${key}:${mark}`)
  return { _tag: "SubmitRun", spec, ...(own !== undefined && { idempotencyKey: own }) }
}

/** Submits a chunk; what is refused is told with its line. */
const submitChunk = Effect.fnUntraced(function* (
  ask: Ask,
  chunk: ReadonlyArray<Submission>,
  { idempotencyKey: key }: Given,
  tally: Tally
) {
  const [first, ...rest] = chunk.map((one) => commandOf(one, key))
  if (!first) return
  const answers = yield* ask([first, ...rest])
  for (const [at, answer] of answers.entries()) {
    if (Result.isSuccess(answer)) {
      tally[answer.success.deduplicated ? "deduplicated" : "submitted"]++
      tally.position = answer.success.position
    } else {
      tally.refused++
      yield* Console.error(`${chunk[at]?.place}: ${answer.failure.message}`)
    }
  }
})

const told = ({ submitted, deduplicated, refused, position }: Tally): string =>
  [
    `${count(submitted, "run")} submitted`,
    ...(deduplicated > 0 ? [`${deduplicated} there already`] : []),
    ...(refused > 0 ? [`${refused} refused`] : [])
  ].join(", ") + (position > 0 ? ` (position ${position}).` : ".")

/** Submits the runs of a file. */
export const submitFile = Effect.fnUntraced(function* (given: Given) {
  const { file, keepGoing } = given
  const { log, json } = yield* root
  const now = yield* Clock.currentTimeMillis
  const display = new Display(!json && process.stdout.isTTY === true, json)
  const tally: Tally = { submitted: 0, deduplicated: 0, refused: 0, position: 0 }
  const take = (ask: Ask) => (chunk: Chunk) =>
    Effect.gen(function* () {
      const problems = chunk.flatMap((one) => (Result.isFailure(one) ? [one.failure] : []))
      for (const problem of problems) yield* Console.error(problem.message)
      tally.refused += problems.length
      if (keepGoing || problems.length === 0) {
        const runs = chunk.flatMap((one) => (Result.isSuccess(one) ? [one.success] : []))
        yield* submitChunk(ask, runs, given, tally)
      }
      display.live(told(tally))
      return keepGoing || tally.refused === 0
    })
  yield* delivering(log, (ask) => Stream.runForEachWhile(chunksOf(file, now), take(ask)))
  display.end()
  yield* print(json, tally, () => told(tally))
  if (tally.refused === 0) return
  if (!keepGoing)
    yield* Console.error(
      "Stopped there; --keep-going submits the rest, and with the same --idempotency-key nothing twice."
    )
  return yield* quietExit(exitCodes.failed)
})
