import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { open } from "../../src/coordinator/open.ts"
import { serveWorkers } from "../../src/http/serveWorkers.ts"
import { makeWorkersLauncher } from "../../src/launcher/makeWorkersLauncher.ts"
import { WorkerPool } from "../../src/launcher/WorkerPool.ts"
import { work } from "../../src/worker.ts"
import { temporaryFolder } from "../cli/signalbox.ts"

const token = "secret"

/** An open Signalbox whose runs are for workers elsewhere. */
const embedded = async () => {
  const pool = new WorkerPool(join(temporaryFolder(), "artifacts"))
  const box = await open({ launchers: { workers: makeWorkersLauncher(pool) } })
  return { pool, box }
}

describe("a program that serves workers", () => {
  it("has its runs done by them, over real HTTP, at a port that is free", async () => {
    const { pool, box } = await embedded()
    const server = await serveWorkers(box, pool, { host: "127.0.0.1", port: 0, token })
    const leave = new AbortController()
    const jobs = { greet: ({ input }: { readonly input: unknown }) => `Hello, ${input}!` }
    const working = work({ url: server.url, token, jobs, signal: leave.signal })
    await box.submit({ id: "a", job: "greet", launcher: "workers", input: "Ada" })
    expect((await box.ended("a")).end).toEqual({ state: "succeeded", result: "Hello, Ada!" })
    leave.abort()
    await server.close()
    await working
    await box.close()
  })

  it("lets nobody in who has another token", async () => {
    const { pool, box } = await embedded()
    await using server = await serveWorkers(box, pool, { host: "127.0.0.1", port: 0, token })
    const headers = { authorization: "Bearer guess", "content-type": "application/json" }
    const answer = await fetch(`${server.url}/v1/workers/poll`, {
      method: "POST",
      headers,
      body: '{"worker":"w"}'
    })
    expect(answer.status).toBe(401)
    await box.close()
  })

  it("is told where nobody can listen, and why", async () => {
    const { pool, box } = await embedded()
    const server = await serveWorkers(box, pool, { host: "127.0.0.1", port: 0, token })
    const port = Number(new URL(server.url).port)
    await expect(serveWorkers(box, pool, { host: "127.0.0.1", port, token })).rejects.toMatchObject({
      _tag: "ListenError",
      message: `Nobody can listen at 127.0.0.1:${port}: the port is taken.`
    })
    await expect(serveWorkers(box, pool, { host: "192.0.2.1", port, token })).rejects.toMatchObject({
      message: `Nobody can listen at 192.0.2.1:${port}: this machine has no such address.`
    })
    await server.close()
    await box.close()
  })
})
