import { spawn } from "node:child_process"
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { expect, it } from "vitest"
import { exampleWorker, freeAddress } from "../http/Site.ts"
import { signalbox, start, temporaryFolder } from "./signalbox.ts"

const token = { SIGNALBOX_WORKER_TOKEN: "secret" }
const file = "runs:\n  - { id: ada, job: greet, launcher: workers, input: Ada }\n"

it("run --listen hands runs to workers, and keeps none of them waiting at the end", async () => {
  const folder = temporaryFolder()
  writeFileSync(join(folder, "greet.yaml"), file)
  const { host, port } = freeAddress()
  const worker = spawn(exampleWorker[0] ?? "", exampleWorker.slice(1), {
    cwd: folder,
    env: { ...process.env, ...token, SIGNALBOX_URL: `http://${host}:${port}` },
    stdio: "inherit"
  })
  try {
    const ended = await start(folder, ["run", "greet.yaml", "--listen", `${host}:${port}`], token).ended
    expect(ended).toMatchObject({ code: 0, stdout: expect.stringContaining("1 run: 1 succeeded") })
    const shown = await signalbox(folder, "show", "ada.1", "--json")
    expect(JSON.parse(shown.stdout)).toMatchObject({ end: { result: "Hello, Ada!" } })
  } finally {
    worker.kill("SIGKILL")
  }
}, 120_000)

it.each<readonly [string, ReadonlyArray<string>, NodeJS.ProcessEnv, string]>([
  ["no port", ["--listen", "localhost"], token, "a host and a port are expected, such as 127.0.0.1:7070"],
  ["no such port", ["--listen", "localhost:70000"], token, "a host and a port are expected"],
  ["no token", ["--listen", "127.0.0.1:7070"], { SIGNALBOX_WORKER_TOKEN: "" }, "needs a token"],
  [
    "an address of nobody here",
    ["--listen", "192.0.2.1:7070"],
    token,
    "Nobody can listen at 192.0.2.1:7070: this machine has no such address."
  ]
])("run --listen with %s is refused", async (_, args, env, message) => {
  const folder = temporaryFolder()
  writeFileSync(join(folder, "greet.yaml"), file)
  const ended = await start(folder, ["run", "greet.yaml", ...args], env).ended
  expect(ended).toMatchObject({ code: 2, stderr: expect.stringContaining(message) })
})
