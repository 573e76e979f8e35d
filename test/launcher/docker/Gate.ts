/**
 * A way to a socket that can be closed for a while: then nobody answers, and who was being answered is cut off. It can
 * also drop a request, or lose the answer to one: then what was asked for is done, and who has asked does not learn it.
 */
import { rmSync } from "node:fs"
import { createConnection, createServer, type Server, type Socket } from "node:net"

export class Gate {
  readonly path: string
  private readonly to: string
  private readonly sockets = new Set<Socket>()
  private server: Server | undefined
  /** The next request that begins so gets no answer. */
  loses: RegExp | undefined
  /** The next request that begins so does not arrive. */
  drops: RegExp | undefined

  constructor(path: string, to: string) {
    this.path = path
    this.to = to
  }

  async open(): Promise<void> {
    const server = createServer((near) => {
      const far = createConnection(this.to)
      near.once("data", (request) => {
        if (!this.drops?.test(String(request))) return
        this.drops = undefined
        far.destroy()
        near.destroy()
      })
      for (const [one, other] of [
        [near, far],
        [far, near]
      ] as const) {
        this.sockets.add(one)
        one.on("error", () => other.destroy()).on("close", () => this.sockets.delete(one))
        one.pipe(other)
      }
      near.once("data", (request) => {
        if (!this.loses?.test(String(request))) return
        this.loses = undefined
        far.unpipe(near)
        far.once("data", () => near.destroy()).resume()
      })
    })
    await new Promise<void>((resolve) => server.listen(this.path, resolve))
    this.server = server
  }

  async close(): Promise<void> {
    const { server } = this
    this.server = undefined
    if (!server) return
    const closed = new Promise((resolve) => server.close(resolve))
    for (const socket of this.sockets) socket.destroy()
    await closed
    rmSync(this.path, { force: true })
  }
}
