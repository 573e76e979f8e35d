/**
 * The simulator as a program: plays histories on every core, and says what it has seen; where a promise is broken, which
 * one, and the shortest history that was found for it, with the command that plays it again.
 */
import { availableParallelism } from "node:os"
import { parseArgs } from "node:util"
import { Worker } from "node:worker_threads"
import { type Failure, partOf, tally } from "./campaign.ts"
import { makeTrial } from "./makeTrial.ts"
import { type Played, play } from "./play.ts"
import type { Word } from "./thread.ts"

const help = `npm run sim -- [--histories N] [--seed N] [--steps N] [--threads N] [--keep N,N,…]

Plays histories of a coordinator among failing disks, crashing processes and launchers that misbehave.

  --histories N  so many of them, from --seed on (1000 where no seed is given, else that one)
  --seed N       the first of them (another one each time)
  --steps N      the length of each (500)
  --threads N    at the same time (as many as there are processors, at most 2)
  --keep N,N,…   of the history of --seed, these steps alone`

/** Ends with what is wrong with the command line. */
const misused = (issue: string): never => {
  process.stderr.write(`${issue}\n\n${help}\n`)
  process.exit(2)
}

const optionsIn = () => {
  try {
    const { values } = parseArgs({
      options: {
        help: { type: "boolean", short: "h", default: false },
        seed: { type: "string" },
        histories: { type: "string" },
        steps: { type: "string", default: "500" },
        threads: { type: "string", default: String(Math.min(2, availableParallelism())) },
        keep: { type: "string" }
      }
    })
    return values
  } catch (error) {
    return misused(error instanceof Error ? error.message : String(error))
  }
}

const values = optionsIn()
if (values.help) {
  process.stdout.write(`${help}\n`)
  process.exit(0)
}

const number = (name: string, text: string): number => {
  const value = Number(text)
  if (Number.isSafeInteger(value) && value >= 0) return value
  return misused(`--${name} takes a whole number from 0 on, not ${text}`)
}

const isOne = values.seed !== undefined && values.histories === undefined
const seed = values.seed === undefined ? Date.now() % 1_000_000_000 : number("seed", values.seed)
const histories = isOne ? 1 : number("histories", values.histories ?? "1000")
const steps = number("steps", values.steps)
const threads = Math.max(1, Math.min(histories, number("threads", values.threads)))

const say = (text: string): void => {
  process.stdout.write(`${text}\n`)
}

const sayBreach = (at: number, { step, rule, issue }: NonNullable<Played["breach"]>): void =>
  say(`seed ${at}, step ${step}: the promise "${rule}" is broken\n  ${issue.replaceAll("\n", "\n  ")}`)

const sayFailure = ({ seed: at, steps: length, breach, kept }: Failure): void => {
  sayBreach(at, breach)
  say(`the whole history:    npm run sim -- --seed ${at} --steps ${length}`)
  say(
    `${kept.length} of its steps:       npm run sim -- --seed ${at} --steps ${length} --keep ${kept.join(",")}`
  )
  for (const step of partOf(at, length, kept)) say(`  ${JSON.stringify(step)}`)
}

const saySeen = (seen: ReadonlyMap<string, number>): void => {
  const width = Math.max(...Array.from(seen.keys(), ({ length }) => length))
  for (const [what, times] of [...seen].sort(([a], [b]) => (a < b ? -1 : 1)))
    say(`  ${what.padEnd(width)} ${String(times).padStart(9)}`)
}

/** One history, in this thread. */
const playOne = (kept: string | undefined): boolean => {
  const trial =
    kept === undefined
      ? makeTrial(seed, steps)
      : partOf(
          seed,
          steps,
          kept.split(",").map((at) => number("keep", at))
        )
  const { breach, seen } = play(trial)
  if (breach) sayBreach(seed, breach)
  else say(`seed ${seed}, ${trial.length} steps: every promise is kept`)
  saySeen(seen)
  return !breach
}

/** Plays a share of the histories; answers what broke, if anything did. */
const share = (nth: number, see: (word: Extract<Word, { played: number }>) => void) =>
  new Promise<Failure | undefined>((resolve, reject) => {
    const from = Math.floor((histories * nth) / threads)
    const upTo = Math.floor((histories * (nth + 1)) / threads)
    const workerData = { seed: seed + from, histories: upTo - from, steps }
    const worker = new Worker(new URL("./thread.ts", import.meta.url), { workerData })
    let failure: Failure | undefined
    worker.on("message", (word: Word) => {
      if ("failure" in word) failure = word.failure
      else see(word)
    })
    worker.on("error", reject)
    worker.on("exit", () => resolve(failure))
  })

const playMany = async (): Promise<boolean> => {
  say(`seeds ${seed} to ${seed + histories - 1}, ${steps} steps each, ${threads} threads`)
  const seen = new Map<string, number>()
  const began = performance.now()
  let played = 0
  let said = began
  const see = (word: Extract<Word, { played: number }>): void => {
    played += word.played
    tally(seen, word.seen)
    if (performance.now() - said < 5_000) return
    said = performance.now()
    say(
      `${played} of ${histories} histories, ${Math.round((played * steps * 1000) / (said - began))} steps a second`
    )
  }
  const failures = await Promise.all(Array.from({ length: threads }, (_, nth) => share(nth, see)))
  const { user, system } = process.cpuUsage()
  const seconds = (performance.now() - began) / 1000
  const perStep = Math.round((user + system) / Math.max(1, played * steps))
  say(`${played} histories in ${seconds.toFixed(1)} s; ${perStep} µs of processor time a step`)
  saySeen(seen)
  for (const failure of failures) if (failure) sayFailure(failure)
  return failures.every((failure) => failure === undefined)
}

const isSound = isOne ? playOne(values.keep) : await playMany()
process.exitCode = isSound ? 0 : 1
