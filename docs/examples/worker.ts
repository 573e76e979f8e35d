/** A worker: does the runs that a coordinator elsewhere hands out, by functions of this program. */
import { setTimeout as sleep } from "node:timers/promises"
import { type WorkerJob, work } from "signalbox/worker"

const greet: WorkerJob = async ({ input = "world", signal, progress, log }) => {
  log("warming up")
  progress(0.5)
  await sleep(100, undefined, { signal })
  return `Hello, ${input}!`
}

const { SIGNALBOX_URL: url = "http://127.0.0.1:7070", SIGNALBOX_WORKER_TOKEN: token } = process.env
const leave = new AbortController()
process.once("SIGTERM", () => leave.abort())

if (token === undefined) console.log("SIGNALBOX_WORKER_TOKEN is not set: there is nobody to work for")
else await work({ url, token, jobs: { greet }, capacity: 4, signal: leave.signal })
