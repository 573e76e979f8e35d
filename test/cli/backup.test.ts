/**
 * Backups with the real program, and what each command says of a log that is damaged or stands where it cannot be written.
 */
import { spawnSync } from "node:child_process"
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it, vi } from "vitest"
import { canMount, ownMounts } from "../log/process/ownMounts.ts"
import { signalbox, start, temporaryFolder } from "./signalbox.ts"

// Real files and processes on a machine that may be busy with others.
vi.setConfig({ testTimeout: 120_000 })

/** Runs the program where a folder is another disk: `mount` is said first. */
const withMount = (cwd: string, mount: string, ...args: ReadonlyArray<string>) => {
  const [command = "", ...before] = [
    ...ownMounts,
    "/bin/sh",
    "-c",
    `${mount} && "$@"; code=$?; ls -A small; exit $code`
  ]
  const env = { ...process.env, SIGNALBOX_LOG: "log.db", NO_COLOR: "1" }
  const program = [process.execPath, process.env["SIGNALBOX_PROGRAM"] ?? ""]
  return spawnSync(command, [...before, "sh", ...program, ...args], { cwd, env, encoding: "utf8" })
}

describe("signalbox log backup", () => {
  it("copies a log while it is coordinated; the copy is read, verified and worked on", async () => {
    const folder = temporaryFolder()
    const runs = [{ id: "held", command: "until test -e go; do sleep 0.05; done" }]
    writeFileSync(join(folder, "work.json"), JSON.stringify({ policy: { max_concurrent_runs: 1 }, runs }))
    const running = start(folder, ["run", "work.json"])
    await running.says("1 run")
    await signalbox(folder, "submit", "--id", "later", "true")
    const { code, stdout } = await signalbox(folder, "log", "backup", "copy.db", "--json")
    expect(code).toBe(0)
    const { position, hash, bytes } = JSON.parse(stdout)
    expect(bytes).toBe(statSync(join(folder, "copy.db")).size)
    writeFileSync(join(folder, "go"), "")
    expect((await running.ended).code).toBe(0)

    const verified = await signalbox(folder, "audit", "verify", "--log", "copy.db", "--json")
    expect(JSON.parse(verified.stdout)).toMatchObject({ ok: true, position, hash })
    const listed = await signalbox(folder, "list", "--log", "copy.db")
    expect(listed.stdout).toMatch(/^later +queued/m)
    expect((await signalbox(folder, "priority", "later", "3", "--log", "copy.db")).code).toBe(0)
    expect((await signalbox(folder, "log", "backup", "copy.db")).stderr).toBe(
      "no backup was made at copy.db: it exists already, and a backup writes over nothing\n"
    )
  })

  it("of a log in Postgres names the tool for that", async () => {
    const asked = await signalbox(
      temporaryFolder(),
      "log",
      "backup",
      "a.db",
      "--log",
      "postgres://localhost/a"
    )
    expect(asked).toMatchObject({ code: 2, stdout: "" })
    expect(asked.stderr).toMatch(/^A log in Postgres is backed up by .*pg_dump.*\n$/)
  })

  it.runIf(canMount("a backup to a full disk"))("leaves nothing on a disk that is full", async () => {
    const folder = temporaryFolder()
    mkdirSync(join(folder, "small"))
    await signalbox(folder, "submit", "--tag", `long=${"x".repeat(100_000)}`, "true")
    const mount = "mount -t tmpfs -o size=40k tmpfs small"
    expect(withMount(folder, mount, "log", "backup", "small/copy.db")).toMatchObject({
      status: 3,
      stdout: "",
      stderr: "no backup was made at small/copy.db: the disk is full (database or disk is full)\n"
    })
  })
})

describe("a log where nothing can be written", () => {
  it.runIf(canMount("a read-only disk"))("is not led, and a backup is read there", async () => {
    const folder = temporaryFolder()
    mkdirSync(join(folder, "small"))
    await signalbox(folder, "submit", "--id", "a", "true")
    await signalbox(folder, "log", "backup", "small/copy.db")
    const mount = "mount --bind small small && mount -o remount,bind,ro small"
    const submitted = withMount(folder, mount, "submit", "true", "--log", "small/copy.db")
    expect(submitted.status).toBe(3)
    expect(submitted.stderr).toMatch(
      /^small\/copy.db cannot be used: it or its folder is read-only \(.*\)\n$/
    )
    const listed = withMount(folder, mount, "list", "--log", "small/copy.db")
    expect(listed).toMatchObject({ status: 0, stdout: expect.stringMatching(/^a +queued/m) })
    const copied = withMount(folder, mount, "log", "backup", "small/other.db")
    expect(copied.stderr).toMatch(/^no backup was made at small\/other.db: .*\n$/)
    expect(readdirSync(join(folder, "small"))).toEqual(["copy.db"])
  })
})

describe("a log that was copied in part", () => {
  const commands = ["list", "log", "replay", "audit verify", "log backup copy.db"]
  const changes = ["submit true", "run", "cancel a", "pool set db 1"]

  it("is told in one sentence by each command, and left as it is", { timeout: 120_000 }, async () => {
    const folder = temporaryFolder()
    await signalbox(folder, "submit", "--id", "a", "--tag", `long=${"x".repeat(50_000)}`, "true")
    const path = join(folder, "log.db")
    const half = readFileSync(path).subarray(0, 30_000)
    writeFileSync(path, half)
    const sentence = "the log is damaged: database disk image is malformed; put a backup in its place\n"
    for (const command of [...commands, ...changes]) {
      const { code, stdout, stderr } = await signalbox(folder, ...command.split(" "))
      expect({ code, stdout, stderr }, command).toEqual({ code: 3, stdout: "", stderr: sentence })
    }
    expect(readFileSync(path).equals(half)).toBe(true)
  })
})
