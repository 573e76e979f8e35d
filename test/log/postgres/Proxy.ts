/**
 * What stands between a log and its server: it can cut the line on one side only, which the other does not notice.
 */
import { once } from "node:events"
import { createServer, connect as open, type Server, type Socket } from "node:net"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"

export class Proxy {
  private readonly server: Server
  private readonly target: URL
  private readonly lines: Array<{ readonly near: Socket; readonly far: Socket }> = []

  private held: { readonly waiting: Array<Socket>; readonly arrived: () => void } | undefined

  private constructor(target: URL) {
    this.target = target
    this.server = createServer((near) => {
      if (this.held === undefined) return this.putThrough(near)
      near.on("error", () => undefined)
      this.held.waiting.push(near)
      this.held.arrived()
    })
  }

  /** One before the server of that URL, until the scope ends. */
  static make(target: string): Effect.Effect<Proxy, never, Scope.Scope> {
    const started = Effect.promise(async () => {
      const proxy = new Proxy(new URL(target))
      await once(proxy.server.listen(0, "127.0.0.1"), "listening")
      return proxy
    })
    return Effect.acquireRelease(started, (proxy) => Effect.sync(() => proxy.close()))
  }

  /** The target's URL by way of this. */
  get url(): string {
    const address = this.server.address()
    const url = new URL(this.target)
    if (typeof address === "object" && address) url.port = String(address.port)
    return url.href
  }

  private putThrough(near: Socket): void {
    const far = open(Number(this.target.port), this.target.hostname)
    for (const socket of [near, far]) socket.on("error", () => undefined)
    near.pipe(far, { end: false })
    far.pipe(near, { end: false })
    this.lines.push({ near, far })
  }

  /** Lets whoever connects from now on wait; the answer is when one does. */
  holdNext(): Promise<void> {
    return new Promise((arrived) => {
      this.held = { waiting: [], arrived }
    })
  }

  /** Puts those through who wait. */
  letThrough(): void {
    const waiting = this.held?.waiting ?? []
    this.held = undefined
    for (const near of waiting) this.putThrough(near)
  }

  /** Hangs up on who connected as soon as the server says something, which is then lost; the server hears nothing. */
  cutAtNextAnswer(): void {
    for (const { near, far } of this.lines) {
      far.unpipe(near)
      far.once("data", () => near.destroy()).resume()
    }
  }

  /** Passes nothing on any more, and hangs up on nobody. */
  fallSilent(): void {
    for (const { near, far } of this.lines) {
      near.unpipe(far)
      far.unpipe(near)
    }
  }

  private close(): void {
    this.letThrough()
    this.server.close()
    for (const { near, far } of this.lines) {
      near.destroy()
      far.destroy()
    }
  }
}
