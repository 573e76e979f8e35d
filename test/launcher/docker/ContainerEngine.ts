/**
 * A real container engine for tests: the one of this machine, or a Podman that is started for them, with an image of
 * its own in both.
 */
import { type ChildProcess, execFileSync, spawn } from "node:child_process"
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { request } from "node:http"
import { tmpdir } from "node:os"
import { join } from "node:path"

/** Holds a static busybox under the names of some of its commands, and nothing else. */
export const image = "localhost/signalbox-busybox:1"

const busybox = "/bin/busybox"
const commands = ["sh", "sleep", "echo", "cat", "env", "true", "false", "kill"]

/** Containers share the names and the network of the machine, for a sandbox may have none of its own to give. */
const containersConf = `[containers]
default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]
cgroupns = "host"
netns = "host"
ipcns = "host"
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
`

const isThere = (program: string): boolean => {
  try {
    execFileSync(program, ["--version"], { stdio: "ignore" })
    return true
  } catch {
    return false
  }
}

/** Asks an engine by its socket; answers the status, or undefined where nobody answers. */
export const ask = (
  socketPath: string,
  method: string,
  path: string,
  body: Buffer | string = "",
  type = "application/x-tar"
): Promise<{ readonly status: number; readonly text: string } | undefined> =>
  new Promise((resolve) => {
    const headers = { host: "engine", "content-type": type, "content-length": Buffer.byteLength(body) }
    const outgoing = request({ socketPath, method, path, headers, agent: false }, async (answer) => {
      let text = ""
      for await (const chunk of answer) text += chunk
      resolve({ status: answer.statusCode ?? 0, text })
    })
    outgoing.on("error", () => resolve(undefined)).end(body)
  })

/** The image as a file system in one file. */
const imageFiles = (folder: string): Buffer => {
  const root = join(folder, "image")
  mkdirSync(join(root, "bin"), { recursive: true })
  mkdirSync(join(root, "tmp"))
  copyFileSync(busybox, join(root, "bin/busybox"))
  for (const name of commands) symlinkSync("busybox", join(root, "bin", name))
  return execFileSync("tar", ["-C", root, "-c", "."], { maxBuffer: 2 ** 28 })
}

export class ContainerEngine {
  readonly socket: string
  private readonly folder: string
  private readonly process: ChildProcess | undefined

  private constructor(socket: string, folder: string, process?: ChildProcess) {
    this.socket = socket
    this.folder = folder
    this.process = process
  }

  /** An engine with the image in it; undefined, and why, where none can be had. */
  static async start(): Promise<ContainerEngine | string> {
    if (!existsSync(busybox)) return `there is no ${busybox} to make an image of`
    const folder = mkdtempSync(join(tmpdir(), "signalbox-engine-"))
    const engine = (await ContainerEngine.found(folder)) ?? (await ContainerEngine.podman(folder))
    if (typeof engine === "string") return engine
    const path = `/images/create?fromSrc=-&repo=${image}`
    const loaded = await ask(engine.socket, "POST", path, imageFiles(folder))
    if (loaded?.status === 200) return engine
    await engine.stop()
    return `the engine takes no image: ${loaded?.text}`
  }

  private static async found(folder: string): Promise<ContainerEngine | undefined> {
    const named = /^unix:\/\/(.+)$/.exec(process.env["DOCKER_HOST"] ?? "")?.[1]
    for (const socket of [named, "/var/run/docker.sock", "/run/podman/podman.sock"])
      if (socket !== undefined && (await ask(socket, "GET", "/_ping"))?.status === 200)
        return new ContainerEngine(socket, folder)
    return undefined
  }

  private static async podman(folder: string): Promise<ContainerEngine | string> {
    if (!isThere("podman") || !isThere("runc"))
      return "there is no engine, and no podman with runc to start one"
    const [conf, storage, socket] = ["containers.conf", "storage.conf", "engine.sock"].map((name) =>
      join(folder, name)
    ) as [string, string, string]
    writeFileSync(conf, containersConf)
    const roots = `runroot = "${folder}/run"\ngraphroot = "${folder}/graph"`
    writeFileSync(storage, `[storage]\ndriver = "vfs"\n${roots}\n`)
    const env = { ...process.env, CONTAINERS_CONF: conf, CONTAINERS_STORAGE_CONF: storage }
    const service = spawn("podman", ["system", "service", "--time", "0", `unix://${socket}`], {
      env,
      stdio: "ignore"
    })
    const engine = new ContainerEngine(socket, folder, service)
    while (service.exitCode === null) {
      if ((await ask(socket, "GET", "/_ping"))?.status === 200) return engine
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
    return `podman starts no service: it exits with ${service.exitCode}`
  }

  /** Removes all containers with this label. */
  async removeAll(label: string): Promise<void> {
    const filters = encodeURIComponent(JSON.stringify({ label: [label] }))
    const listed = await ask(this.socket, "GET", `/containers/json?all=true&filters=${filters}`)
    for (const { Id } of JSON.parse(listed?.text ?? "[]") as ReadonlyArray<{ readonly Id: string }>)
      await ask(this.socket, "DELETE", `/containers/${Id}?force=true&v=true`)
  }

  /** Stops what was started for tests. */
  async stop(): Promise<void> {
    if (this.process) {
      const ended = new Promise((resolve) => this.process?.once("exit", resolve))
      this.process.kill()
      await ended
    }
    rmSync(this.folder, { recursive: true, force: true })
  }
}
