/**
 * Stands in for the API server of a cluster: what of it concerns jobs and pods, and strict about it. What is asked in a
 * way that a cluster would not understand is refused, and noted as a fault.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http"
import type { AddressInfo, Socket } from "node:net"
import { type Thing, Things } from "./Things.ts"

export const token = "secret"
const namespace = "bakery"

// biome-ignore lint/suspicious/noExplicitAny: it is what is to be found out.
type Anything = any

interface Asked {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  readonly type: string | undefined
  readonly body: string
}

interface Answer {
  readonly code: number
  readonly body: unknown
}

const status = (code: number, reason: string, message: string): Answer => ({
  code,
  body: { kind: "Status", apiVersion: "v1", status: "Failure", code, reason, message }
})

const isLabelValue = (text: unknown): boolean =>
  typeof text === "string" && /^([A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?)?$/.test(text)

/** What of a job a cluster would not take. */
const invalid = (job: Anything): string | undefined => {
  if (job["apiVersion"] !== "batch/v1" || job["kind"] !== "Job") return "it is no job of batch/v1"
  const { metadata, spec } = job
  if (!/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(metadata?.name)) return "metadata.name is no DNS label"
  for (const of of [metadata, spec?.template?.metadata])
    for (const [key, value] of Object.entries(of?.labels ?? {}))
      if (!isLabelValue(value)) return `metadata.labels: ${key} is ${value}`
  const pod = spec?.template?.spec
  if (!["Never", "OnFailure"].includes(pod?.restartPolicy)) return "spec.template.spec.restartPolicy"
  const [container] = pod.containers ?? []
  if (!container?.name || !container.image) return "spec.template.spec.containers[0]"
  for (const { name, value } of container.env ?? [])
    if (typeof name !== "string" || typeof value !== "string") return "env is no list of texts"
  if (!Number.isInteger(spec.backoffLimit) || typeof spec.suspend !== "boolean") return "spec"
  return undefined
}

export class ApiServer {
  readonly things = new Things()
  readonly faults: Array<string> = []
  /** Nobody is answered. */
  isBlind = false
  /** The next request that begins so does not arrive, or gets no answer. */
  drops: RegExp | undefined
  loses: RegExp | undefined
  /** The next request that begins so gets this answer. */
  refuses: { readonly what: RegExp; readonly code: number; readonly message: string } | undefined
  private readonly sockets = new Set<Socket>()
  private readonly watches = new Set<() => void>()
  private readonly server: Server

  constructor() {
    this.server = createServer((request, response) => void this.serve(request, response))
    this.server.on("connection", (socket) => {
      this.sockets.add(socket)
      socket.on("close", () => this.sockets.delete(socket))
    })
  }

  async open(): Promise<void> {
    await new Promise<void>((resolve) => this.server.listen(0, "127.0.0.1", resolve))
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.server.close(resolve))
    this.cut()
    await closed
  }

  /** Ends all connections without a word. */
  cut(): void {
    for (const socket of this.sockets) socket.destroy()
  }

  /** Ends all watches as a cluster does when their time is over. */
  endWatches(): void {
    for (const end of [...this.watches]) end()
  }

  get kubeconfig(): string {
    const { port } = this.server.address() as AddressInfo
    const cluster = { server: `http://127.0.0.1:${port}`, "insecure-skip-tls-verify": true }
    return JSON.stringify({
      apiVersion: "v1",
      kind: "Config",
      clusters: [{ name: "c", cluster }],
      users: [{ name: "u", user: { token } }],
      contexts: [{ name: "x", context: { cluster: "c", user: "u", namespace } }],
      "current-context": "x"
    })
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = ""
    for await (const chunk of request) body += chunk
    const { pathname: path, searchParams: query } = new URL(request.url ?? "", "http://cluster")
    const { method = "", headers } = request
    const what = `${method} ${path}`
    const isDropped = this.drops?.test(what) === true
    if (isDropped) this.drops = undefined
    if (this.isBlind || isDropped) return void request.socket.destroy()
    if (headers.authorization !== `Bearer ${token}`)
      return this.answer(response, status(401, "Unauthorized", what))
    const asked = { method, path, query, type: headers["content-type"], body }
    if (method === "GET" && query.get("watch") === "true") return this.watch(asked, response)
    const refused = this.refuses?.what.test(what) ? this.refuses : undefined
    if (refused) this.refuses = undefined
    const answer = refused ? status(refused.code, "Refused", refused.message) : this.do(asked)
    if (this.loses?.test(what)) {
      this.loses = undefined
      return void request.socket.destroy()
    }
    this.answer(response, answer)
  }

  private answer(response: ServerResponse, { code, body }: Answer): void {
    const isText = typeof body === "string"
    response.writeHead(code, { "content-type": isText ? "text/plain" : "application/json" })
    response.end(isText ? body : JSON.stringify(body))
  }

  private fault(asked: Asked, code: number, why: string): Answer {
    this.faults.push(`${asked.method} ${asked.path}: ${why}`)
    return status(code, "BadRequest", why)
  }

  private do(asked: Asked): Answer {
    const { method, path } = asked
    const jobs = `/apis/batch/v1/namespaces/${namespace}/jobs`
    const pods = `/api/v1/namespaces/${namespace}/pods`
    if (path === jobs) return method === "POST" ? this.create(asked) : this.list("jobs", asked)
    if (path === pods) return this.list("pods", asked)
    if (path.startsWith(`${jobs}/`)) return this.job(path.slice(jobs.length + 1), asked)
    const [, pod] = new RegExp(`^${pods}/([^/]+)/log$`).exec(path) ?? []
    if (pod !== undefined && method === "GET") return this.log(pod, asked)
    return this.fault(asked, 404, "there is no such path")
  }

  private create(asked: Asked): Answer {
    if (asked.type !== "application/json") return this.fault(asked, 415, `type ${asked.type}`)
    const job = JSON.parse(asked.body)
    const wrong = invalid(job)
    if (wrong !== undefined) return status(422, "Invalid", `Job is invalid: ${wrong}`)
    const { name } = job.metadata
    if (this.things.jobs.has(name)) return status(409, "AlreadyExists", `jobs.batch "${name}" already exists`)
    return { code: 201, body: this.things.createJob(job) }
  }

  private job(name: string, asked: Asked): Answer {
    const job = this.things.jobs.get(name)
    if (!job) return status(404, "NotFound", `jobs.batch "${name}" not found`)
    if (asked.method === "GET") return { code: 200, body: job }
    if (asked.method === "PATCH") {
      if (asked.type !== "application/merge-patch+json") return this.fault(asked, 415, `type ${asked.type}`)
      return { code: 200, body: this.things.patchJob(name, JSON.parse(asked.body)) }
    }
    if (asked.method !== "DELETE") return this.fault(asked, 405, "no such verb")
    if (!["Background", "Foreground"].includes(asked.query.get("propagationPolicy") ?? ""))
      return this.fault(asked, 400, "its pods would stay")
    this.things.removeJob(name)
    return { code: 200, body: { kind: "Status", status: "Success" } }
  }

  private log(name: string, asked: Asked): Answer {
    const pod = this.things.pods.get(name)
    if (!pod) return status(404, "NotFound", `pods "${name}" not found`)
    if (asked.query.get("container") !== "run") return this.fault(asked, 400, "no such container")
    const lines = (this.things.logs.get(name) ?? "").split(/(?<=\n)/)
    const tail = lines.slice(-Number(asked.query.get("tailLines") ?? lines.length)).join("")
    return { code: 200, body: tail.slice(0, Number(asked.query.get("limitBytes") ?? tail.length)) }
  }

  private list(kind: "jobs" | "pods", asked: Asked): Answer {
    if (asked.method !== "GET") return this.fault(asked, 405, "no such verb")
    const items = [...this.things[kind].values()].filter(this.selected(asked))
    const metadata = { resourceVersion: String(this.things.version) }
    return { code: 200, body: { kind: "List", metadata, items } }
  }

  private selected({ query }: Asked): (thing: Thing) => boolean {
    const wanted = (query.get("labelSelector") ?? "").split(",").map((one) => one.split("="))
    return ({ metadata }) => wanted.every(([key = "", value]) => metadata.labels?.[key] === value)
  }

  private watch(asked: Asked, response: ServerResponse): void {
    const kind = asked.path.endsWith("/jobs") ? "jobs" : "pods"
    const from = Number(asked.query.get("resourceVersion"))
    const isWhole =
      from > 0 && asked.query.get("allowWatchBookmarks") === "true" && asked.query.has("timeoutSeconds")
    if (!isWhole) {
      this.answer(response, this.fault(asked, 400, "a watch without a version, bookmarks or an end"))
      return
    }
    response.writeHead(200, { "content-type": "application/json", "transfer-encoding": "chunked" })
    response.flushHeaders()
    const send = (event: unknown) => response.write(`${JSON.stringify(event)}\n`)
    if (from < this.things.oldest) {
      send({ type: "ERROR", object: status(410, "Expired", `too old resource version: ${from}`).body })
      return void response.end()
    }
    const isSelected = this.selected(asked)
    const stop = this.things.watch(kind, from, (type, object) => {
      if (type === "BOOKMARK" || isSelected(object)) send({ type, object })
    })
    const end = () => response.end()
    this.watches.add(end)
    response.on("close", () => {
      stop()
      this.watches.delete(end)
    })
  }
}
