/**
 * `signalbox shutdown`, and SIGTERM: real coordinators, with real processes in flight.
 */
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { signalbox, start, temporaryFolder } from "./signalbox.ts"

/** Says that it has begun, each time, and goes on until it is let end. */
const untilLetGo = "echo begun >> begun; until [ -e go ]; do sleep 0.05; done"
/** Takes no notice of SIGTERM. */
const deaf = "trap '' TERM; echo begun >> begun; until [ -e go ]; do sleep 0.05; done"

/** A coordinator that stays, with one run in flight. */
const staying = async (command: string, ...flags: ReadonlyArray<string>) => {
  const folder = temporaryFolder()
  const program = start(folder, ["run", "--stay", ...flags])
  await program.says("0 runs")
  await signalbox(folder, "submit", "--id", "a", "--", command)
  await signalbox(folder, "submit", "--id", "short", "--", "true")
  await program.says("✔ short")
  const ask = async (...asked: ReadonlyArray<string>) => {
    const { stdout, code } = await signalbox(folder, "shutdown", "--json", ...asked)
    return { code, report: JSON.parse(stdout) }
  }
  const letGo = () => writeFileSync(join(folder, "go"), "")
  return { folder, program, ask, letGo }
}

/** How often the run was begun, and how it ended, once another coordinator has done what was left. */
const afterwards = async (folder: string) => {
  const { stdout } = await signalbox(folder, "run", "--json")
  const [run] = JSON.parse(stdout).runs
  return { attempt: run?.attempt, state: run?.state }
}

const last = async (folder: string) => {
  const { stdout } = await signalbox(folder, "log", "--json")
  return JSON.parse(stdout.trimEnd().split("\n").at(-1) ?? "")
}

describe("signalbox shutdown", () => {
  it("finishes what runs, and says so to who has asked and in the log", async () => {
    const { folder, program, ask, letGo } = await staying(untilLetGo)
    const asked = ask("--reason", "upgrade")
    await program.says("Draining")
    letGo()
    expect(await asked).toEqual({ code: 0, report: { mode: "drain", ended: ["a"], left: [] } })
    const { code, stdout } = await program.ended
    expect(code).toBe(0)
    expect(stdout).toMatch(/a +succeeded/)
    expect(await last(folder)).toMatchObject({
      type: "CoordinatorStopped",
      data: { mode: "drain", reason: "upgrade" }
    })
  })

  it("hands over: what runs goes on, and is taken up without a second attempt", async () => {
    const { folder, program, ask, letGo } = await staying(untilLetGo)
    const report = { mode: "handover", ended: [], left: ["a"] }
    expect(await ask("--mode", "handover")).toEqual({ code: 0, report })
    expect((await program.ended).code).toBe(0)
    expect(await last(folder)).toMatchObject({ data: { mode: "handover", inFlight: 1, runs: ["a"] } })
    letGo()
    expect(await afterwards(folder)).toEqual({ attempt: 1, state: "succeeded" })
  })

  it("cancels what runs, and waits until it is gone", async () => {
    const { program, ask } = await staying(untilLetGo)
    const report = { mode: "immediate", ended: ["a"], left: [] }
    expect(await ask("--mode", "immediate", "--reason", "the host goes down")).toEqual({ code: 0, report })
    expect((await program.ended).stdout).toMatch(/a +canceled .*the host goes down/)
  })

  it("lets go of what takes no notice when its time is over", async () => {
    const { folder, program, ask, letGo } = await staying(deaf)
    const report = { mode: "immediate", ended: [], left: ["a"] }
    expect(await ask("--mode", "immediate", "--within", "500ms")).toEqual({ code: 0, report })
    expect((await program.ended).code).toBe(0)
    letGo()
    expect(await afterwards(folder)).toMatchObject({ attempt: 1 })
  })

  it("is an error where nobody coordinates the log", async () => {
    const folder = temporaryFolder()
    await signalbox(folder, "submit", "--", "true")
    const { code, stderr } = await signalbox(folder, "shutdown")
    expect(code).toBe(1)
    expect(stderr).toContain("Nobody coordinates log.db that could be asked on this machine.")
  })
})

describe("SIGTERM", () => {
  it("drains where the command line says so", async () => {
    const { program, letGo } = await staying(untilLetGo, "--on-sigterm", "drain")
    program.child.kill("SIGTERM")
    await program.says("Draining: 1 run in flight")
    letGo()
    const { code, stdout } = await program.ended
    expect(code).toBe(143)
    expect(stdout).toMatch(/a +succeeded/)
  })

  it("hands over otherwise, and says what it lets go of", async () => {
    const { folder, program, letGo } = await staying(untilLetGo)
    program.child.kill("SIGTERM")
    await program.says("Let go of 1 run: a.")
    expect((await program.ended).code).toBe(143)
    letGo()
    expect(await afterwards(folder)).toEqual({ attempt: 1, state: "succeeded" })
  })
})
