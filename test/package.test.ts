/**
 * What others install: packed as it is published, put into an empty project, compiled against, run.
 */
import { execFileSync } from "node:child_process"
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { delimiter, dirname, join } from "node:path"
import { publint } from "publint"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { software } from "../src/software.ts"

const root = join(import.meta.dirname, "..")
const folder = mkdtempSync(join(tmpdir(), "signalbox-package-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** How this machine reaches the registry, which may be through a proxy with a certificate of its own. */
const reach = /^(NODE_EXTRA_CA_CERTS|npm_config_(globalconfig|userconfig))$/i

/** As a stranger's shell has it: this Node, and nothing else of the npm that runs the tests. */
const env = {
  ...Object.fromEntries(
    Object.entries(process.env).filter(([name]) => reach.test(name) || !/^(npm_|NODE_)/i.test(name))
  ),
  PATH: [dirname(process.execPath), process.env["PATH"] ?? ""].join(delimiter),
  NO_COLOR: "1"
}

const call = (cwd: string, program: string, ...args: ReadonlyArray<string>): string => {
  try {
    return execFileSync(program, args, { cwd, env, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] })
  } catch (error) {
    const { stdout, stderr } = error as { readonly stdout: string; readonly stderr: string }
    throw new Error(`${program} ${args.join(" ")}\n${stdout}${stderr}`)
  }
}
const inProject = (program: string, ...args: ReadonlyArray<string>) => call(folder, program, ...args)
const tool = (name: string): string => join(root, "node_modules/.bin", name)

/** A program as a user would write it. */
const consumer = `
import { type Explanation, open } from "signalbox"

await using box = await open({ log: "log.db", jobs: { double: ({ input }) => Number(input) * 2 } })
// @ts-expect-error a log is named by its path
void (() => open({ log: 1 }))
const run = await box.submit({ job: "double", input: 21, tags: { team: "data" } })
const why: Explanation | undefined = await box.why(run.id)
const { end } = await box.ended(run.id)
if (end?.state === "succeeded") console.log(why?.run === run.id, end.result)
`

const compilerOptions = {
  strict: true,
  module: "nodenext",
  target: "esnext",
  skipLibCheck: true,
  noEmit: true,
  types: []
}

let packed: ReadonlyArray<string> = []
let tarball = ""

beforeAll(() => {
  const said = call(root, "npm", "pack", "--json", "--foreground-scripts=false", "--pack-destination", folder)
  const [pack] = JSON.parse(said) as [
    { readonly filename: string; readonly files: ReadonlyArray<{ readonly path: string }> }
  ]
  packed = pack.files.map(({ path }) => path)
  tarball = join(folder, pack.filename)
  writeFileSync(
    join(folder, "package.json"),
    JSON.stringify({ name: "consumer", type: "module", private: true })
  )
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["main.ts"] }))
  writeFileSync(join(folder, "main.ts"), consumer)
  inProject("npm", "install", "--prefer-offline", "--no-audit", "--no-fund", tarball)
}, 240_000)

describe("the package", () => {
  it("holds the library, the command line and the docs, and nothing of how they are made", () => {
    const isMeant = (path: string): boolean =>
      /^(package\.json|README\.md|LICENSE|CHANGELOG\.md|docs\/.+|dist\/(bin|machines|src)\/.+)$/.test(path)
    expect(packed).toEqual(
      expect.arrayContaining(["README.md", "LICENSE", "CHANGELOG.md", "dist/src/index.d.ts"])
    )
    expect(packed.filter((path) => !isMeant(path))).toEqual([])
    expect(packed.filter((path) => /^dist\/src\/(cli|debugger)\/|\.map$/.test(path))).toEqual([])
  })

  it("is described rightly to Node and to bundlers", async () => {
    const bytes = readFileSync(tarball)
    const { messages } = await publint({ pack: { tarball: new Uint8Array(bytes).buffer }, strict: true })
    expect(messages).toEqual([])
  })

  it("is described rightly to TypeScript", () => {
    expect(call(root, tool("attw"), tarball, "--profile", "esm-only", "--format", "ascii")).toContain("🟢")
  })

  it("brings what the library needs, and no Node and no server", () => {
    const { packages } = JSON.parse(readFileSync(join(folder, "package-lock.json"), "utf8")) as {
      readonly packages: Readonly<Record<string, unknown>>
    }
    const installed = Object.keys(packages).map((path) => path.replace(/^.*node_modules\//, ""))
    expect(installed).toEqual(expect.arrayContaining(["signalbox", "effect", "xstate"]))
    expect(installed.filter((name) => /^node-|platform-node|^(vite|typescript|yaml)/.test(name))).toEqual([])
  })
})

describe("a program that uses the package", () => {
  it("compiles", () => {
    inProject(tool("tsc"), "--project", "tsconfig.json")
  })

  it("runs, with its log in a file", () => {
    expect(inProject("node", "main.ts")).toBe("true 42\n")
    expect(existsSync(join(folder, "log.db"))).toBe(true)
  })
})

describe("a worker that uses the package", () => {
  it("compiles and runs, and loads nothing else", () => {
    writeFileSync(
      join(folder, "worker.ts"),
      `import { work, type WorkerJob } from "signalbox/worker"
const double: WorkerJob = ({ input }) => Number(input) * 2
// @ts-expect-error a worker needs a token
void (() => work({ url: "http://127.0.0.1:7070", jobs: { double } }))
await work({ url: "http://127.0.0.1:7070", token: "secret", jobs: { double }, signal: AbortSignal.abort() })
console.log("done")
`
    )
    writeFileSync(
      join(folder, "tsconfig.worker.json"),
      JSON.stringify({
        compilerOptions: { ...compilerOptions, lib: ["esnext", "dom"] },
        files: ["worker.ts"]
      })
    )
    inProject(tool("tsc"), "--project", "tsconfig.worker.json")
    expect(inProject("node", "worker.ts")).toBe("done\n")
    const built = readFileSync(join(folder, "node_modules/signalbox/dist/src/worker.js"), "utf8")
    expect(built).not.toMatch(/^import /m)
  })
})

describe("a program that runs containers", () => {
  it("compiles and runs, and needs no client of an engine", () => {
    writeFileSync(
      join(folder, "containers.ts"),
      `import { open } from "signalbox"
import { makeDockerLauncher } from "signalbox/docker"
// @ts-expect-error an image is named by its name
void (() => makeDockerLauncher("artifacts", { image: 1 }))
await using box = await open({ launchers: { docker: makeDockerLauncher("artifacts", { host: "unix:///none.sock" }) } })
console.log("ready")
`
    )
    writeFileSync(
      join(folder, "tsconfig.containers.json"),
      JSON.stringify({ compilerOptions, files: ["containers.ts"] })
    )
    inProject(tool("tsc"), "--project", "tsconfig.containers.json")
    expect(inProject("node", "containers.ts")).toBe("ready\n")
  })
})

describe("a program that serves workers", () => {
  it("compiles, and runs where the optional package is there", () => {
    const { devDependencies } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"))
    const platform = `@effect/platform-node@${devDependencies["@effect/platform-node"]}`
    inProject("npm", "install", "--no-audit", "--no-fund", platform)
    writeFileSync(
      join(folder, "serve.ts"),
      `import { open } from "signalbox"
import { makeWorkersLauncher, serveWorkers, WorkerPool } from "signalbox/workers"
const pool = new WorkerPool("artifacts")
await using box = await open({ launchers: { workers: makeWorkersLauncher(pool) } })
await using server = await serveWorkers(box, pool, { host: "127.0.0.1", port: 0, token: "secret" })
console.log(new URL(server.url).hostname)
`
    )
    writeFileSync(
      join(folder, "tsconfig.serve.json"),
      JSON.stringify({ compilerOptions, files: ["serve.ts"] })
    )
    inProject(tool("tsc"), "--project", "tsconfig.serve.json")
    expect(inProject("node", "serve.ts")).toBe("127.0.0.1\n")
  })
})

describe("the command line of the package", () => {
  const signalbox = (...args: ReadonlyArray<string>) => inProject("npx", "--no-install", "signalbox", ...args)

  it("tells its version", () => {
    expect(signalbox("--version").replace(" v", " ").trim()).toBe(software)
  })

  it("writes and reads a log", () => {
    signalbox("submit", "--id", "first", "--", "true")
    expect(signalbox("list", "--json")).toContain("first")
  })
})
