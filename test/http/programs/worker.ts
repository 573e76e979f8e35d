/**
 * A worker as a user would write it. It notes what it begins, and how its questions are answered.
 */
import { appendFileSync, existsSync } from "node:fs"
import { setTimeout as sleep } from "node:timers/promises"
import { work } from "../../../src/worker.ts"

const { SIGNALBOX_URL: url = "", SIGNALBOX_WORKER_TOKEN: token = "" } = process.env
const real = globalThis.fetch
globalThis.fetch = async (to, init) => {
  const answer = await real(to, init)
  process.stdout.write(`${new URL(String(to)).pathname} ${answer.status}\n`)
  return answer
}

await work({
  url,
  token,
  capacity: 2,
  jobs: {
    greet: ({ input, progress, log }) => {
      progress(0.5)
      log("warming up")
      return `Hello, ${input}!`
    },
    wait: async ({ run, attempt, signal }) => {
      appendFileSync("begun", `${run} ${attempt}\n`)
      while (!existsSync("finished")) {
        signal.throwIfAborted()
        await sleep(10)
      }
      return "done"
    }
  }
})
