/** A program whose runs are done by workers elsewhere; here, by one of its own. */
import { open } from "signalbox"
import { work } from "signalbox/worker"
import { makeWorkersLauncher, serveWorkers, WorkerPool } from "signalbox/workers"

const token = "a secret that workers know"
const pool = new WorkerPool("artifacts")
await using box = await open({ launchers: { workers: makeWorkersLauncher(pool) } })
// Port 0 is one that is free; `url` says which.
await using server = await serveWorkers(box, pool, { host: "127.0.0.1", port: 0, token })

const leave = new AbortController()
const working = work({
  url: server.url,
  token,
  jobs: { greet: ({ input }) => `Hello, ${input}!` },
  signal: leave.signal
})

await box.submit({ id: "ada", job: "greet", launcher: "workers", input: "Ada" })
console.log((await box.ended("ada")).end)
leave.abort()
// It waits for work in one long question, which the server answers when it closes.
await server.close()
await working
