import { createHmac, randomBytes, timingSafeEqual } from "node:crypto"
import { once } from "node:events"
import { createServer } from "node:http"
import { text } from "node:stream/consumers"
import { makeWebhook, open } from "signalbox"

const secret = `whsec_${randomBytes(32).toString("base64")}`

// The receiver. The libraries of Standard Webhooks check a signature in one call; this is all that they do.
const isSigned = (body: string, id: string, time: string, signatures: string): boolean => {
  const key = Buffer.from(secret.slice("whsec_".length), "base64")
  const expected = createHmac("sha256", key).update(`${id}.${time}.${body}`).digest()
  return signatures.split(" ").some((one) => {
    const given = Buffer.from(one.replace(/^v1,/, ""), "base64")
    return given.length === expected.length && timingSafeEqual(given, expected)
  })
}
const taken = new Set<string>()
const receiver = createServer(async (request, response) => {
  const header = (name: string) => String(request.headers[`webhook-${name}`])
  const body = await text(request)
  if (!isSigned(body, header("id"), header("timestamp"), header("signature"))) {
    response.writeHead(401).end("not signed by whom I know")
    return
  }
  // What came before comes with the same id.
  if (!taken.has(header("id"))) console.log(JSON.parse(body).type)
  taken.add(header("id"))
  response.writeHead(204).end()
})
await once(receiver.listen(0, "127.0.0.1"), "listening")
const address = receiver.address()
const url = `http://127.0.0.1:${typeof address === "object" && address?.port}/`

await using box = await open({ jobs: { report: () => "done" } })
await box.submit({ id: "sales", job: "report" })
await box.ended("sales")
const handler = makeWebhook({ url, secrets: [secret], timeoutMs: 20_000 })
await box.subscribe({ name: "hook", handler, filter: { run: "sales" }, follow: false }).ended
receiver.close()
