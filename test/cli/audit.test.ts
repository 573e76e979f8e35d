/**
 * An auditor's work with the real program: checkpoints kept elsewhere, proofs that need no log, and what is said of
 * logs that were tampered with.
 */
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { describe, expect, it } from "vitest"
import { signalbox, temporaryFolder } from "./signalbox.ts"

const name = "example.com/runs"

/** A folder with a log, a key, and checkpoints of two moments. */
const audited = async () => {
  const folder = temporaryFolder()
  const audit = (...args: ReadonlyArray<string>) => signalbox(folder, "audit", ...args)
  const keep = async (file: string, ...args: ReadonlyArray<string>) => {
    const { stdout } = await audit(...args)
    writeFileSync(join(folder, file), stdout)
  }
  await signalbox(folder, "submit", "--id", "a", "true")
  await signalbox(folder, "run")
  await audit("key", name, "--out", "key.pem")
  await keep("one.txt", "checkpoint", "--key", "key.pem")
  await signalbox(folder, "submit", "--id", "b", "true")
  await keep("two.txt", "checkpoint", "--key", "key.pem")
  return { folder, audit, keep }
}

const known = ["--public", "key.pem.pub"]
const one = ["--checkpoint", "one.txt", ...known]
const two = ["--checkpoint", "two.txt", ...known]

const tamper = (folder: string, sql: string) => {
  const db = new DatabaseSync(join(folder, "log.db"))
  db.exec(sql)
  db.close()
}

describe("signalbox audit", { timeout: 120_000 }, () => {
  it("finds a log as it was written, by itself and by a checkpoint", async () => {
    const { audit, folder } = await audited()
    const size = readFileSync(join(folder, "one.txt"), "utf8").split("\n")[1]
    expect((await audit("verify")).stdout).toMatch(/^\d+ events are as they were written\.\n$/)
    expect((await audit("verify", ...one)).stdout).toContain(`as the checkpoint of ${name} at ${size} says`)
    expect(JSON.parse((await audit("verify", "--json")).stdout)).toMatchObject({ ok: true })
  })

  it("proves an event, and that one checkpoint adds to another, to who has no log", async () => {
    const { audit, keep, folder } = await audited()
    await keep("event.json", "prove", "3", ...one)
    await keep("growth.json", "prove-consistency", "--earlier", "one.txt", ...two)
    tamper(folder, "DELETE FROM event")
    const event = await audit("check-proof", "event.json", ...one)
    expect(event.stdout).toMatch(
      /^Proven: event 3 of the \d+ in the log of example\.com\/runs is\n\{"actor":/
    )
    const growth = await audit("check-proof", "growth.json", "--earlier", "one.txt", ...two)
    expect(growth.stdout).toMatch(/^Proven: the log .* begins with the one at \d+\.\n$/)
    expect(await audit("check-proof", "event.json", ...two)).toMatchObject({ code: 1 })
    expect(await audit("check-proof", "growth.json", ...two)).toMatchObject({ code: 2 })
    const forged = readFileSync(join(folder, "event.json"), "utf8").replace("cli:", "cli:x")
    writeFileSync(join(folder, "event.json"), forged)
    expect(await audit("check-proof", "event.json", ...one)).toMatchObject({
      code: 1,
      stderr: "event.json proves nothing of these checkpoints.\n"
    })
  })

  it("says which event was altered", async () => {
    const { audit, folder } = await audited()
    tamper(folder, "UPDATE event SET actor = 'mallory' WHERE position = 4")
    expect(await audit("verify")).toMatchObject({
      code: 1,
      stderr: "Position 4: altered: what it says does not match its hash.\n"
    })
    expect((await audit("checkpoint", "--key", "key.pem")).code).toBe(1)
  })

  it("finds by a checkpoint what hashes alone do not: an end cut off, an end written anew", async () => {
    const { audit, folder } = await audited()
    tamper(folder, "DELETE FROM event WHERE position > 5")
    expect((await audit("verify")).code).toBe(0)
    expect((await audit("verify", ...one)).stderr).toMatch(/^Truncated: the log ends at position 5, /)
    await signalbox(folder, "submit", "--id", "c", "true")
    await signalbox(folder, "run")
    await signalbox(folder, "submit", "--id", "d", "true")
    expect((await audit("verify")).code).toBe(0)
    expect((await audit("verify", ...one)).stderr).toMatch(/^Rewritten: the first \d+ events are not those/)
  })

  it("trusts no checkpoint of another key, and none without a key", async () => {
    const { audit } = await audited()
    await audit("key", name, "--out", "other.pem")
    const other = await audit("verify", "--checkpoint", "one.txt", "--public", "other.pem.pub")
    expect(other).toMatchObject({ code: 2 })
    expect(other.stderr).toContain("one.txt: ")
    expect((await audit("verify", "--checkpoint", "one.txt")).stderr).toContain(
      "give --checkpoint and --public together"
    )
  })

  it("writes no key over another", async () => {
    const { audit, folder } = await audited()
    const before = readFileSync(join(folder, "key.pem"), "utf8")
    expect(await audit("key", name, "--out", "key.pem")).toMatchObject({ code: 2 })
    expect(readFileSync(join(folder, "key.pem"), "utf8")).toBe(before)
  })
})
