/** A worker whose work shows in a file: that an attempt begins, and that it ends. */
import { appendFileSync } from "node:fs"
import { setTimeout as sleep } from "node:timers/promises"
import { work } from "../../../src/worker.ts"

const { SIGNALBOX_URL: url = "", SIGNALBOX_WORKER_TOKEN: token = "", SIGNALBOX_DONE: done = "" } = process.env

await work({
  url,
  token,
  jobs: {
    note: async ({ run, attempt, input }) => {
      appendFileSync(done, `${run}/${attempt} begins\n`)
      await sleep(Number(input))
      appendFileSync(done, `${run}/${attempt} ends\n`)
    }
  }
})
