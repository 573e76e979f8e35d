/**
 * Keys that are replaced, and witnesses, with the real program.
 */
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { signalbox, temporaryFolder } from "./signalbox.ts"

const name = "example.com/runs"

/** A folder with a log, whose key was replaced after its first checkpoint. */
const rotated = async () => {
  const folder = temporaryFolder()
  const audit = (...args: ReadonlyArray<string>) => signalbox(folder, "audit", ...args)
  const keep = async (file: string, ...args: ReadonlyArray<string>) => {
    const { stdout, stderr } = await audit(...args)
    expect(stderr).toBe("")
    writeFileSync(join(folder, file), stdout)
  }
  await signalbox(folder, "submit", "--id", "a", "true")
  await audit("key", name, "--out", "old.pem")
  await audit("key", name, "--out", "new.pem")
  await keep("before.txt", "checkpoint", "--key", "old.pem")
  const rotation = await audit("rotate", "--key", "old.pem", "--next", "new.pem", "--reason", "yearly")
  expect(rotation).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/ follows .* \(position \d+\)\.\n$/)
  })
  await keep("after.txt", "checkpoint", "--key", "new.pem")
  return { folder, audit, keep }
}

const old = ["--public", "old.pem.pub"]

describe("a key that was replaced", () => {
  it("is followed to the next by who trusts it, with the log and without", async () => {
    const { audit, keep } = await rotated()
    for (const file of ["before.txt", "after.txt"])
      expect(await audit("verify", "--checkpoint", file, ...old)).toMatchObject({ code: 0 })
    await keep("keys.json", "keys")
    await keep("proof.json", "prove", "1", "--checkpoint", "after.txt", ...old)
    const check = ["check-proof", "proof.json", "--checkpoint", "after.txt", ...old]
    expect(await audit(...check, "--keys", "keys.json")).toMatchObject({ code: 0 })
    expect((await audit(...check)).stderr).toContain("no such key is known")
    await keep(
      "growth.json",
      "prove-consistency",
      "--earlier",
      "before.txt",
      "--checkpoint",
      "after.txt",
      ...old
    )
  }, 120_000)

  it("signs no more, and names no second follower", async () => {
    const { folder, audit } = await rotated()
    expect(await audit("checkpoint", "--key", "old.pem")).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("The log's key is")
    })
    await audit("key", name, "--out", "third.pem")
    expect((await audit("rotate", "--key", "old.pem", "--next", "third.pem")).code).toBe(1)
    expect((await audit("rotate", "--next", "third.pem")).code).toBe(1)
    expect((await audit("rotate", "--key", "new.pem", "--next", "third.pem")).code).toBe(0)
    const { stdout } = await signalbox(folder, "log", "--json")
    const set = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line))
      .filter(({ type }) => type === "AuditKeySet")
    expect(set.map(({ data }) => [data.note === undefined, data.reason])).toEqual([
      [true, undefined],
      [false, "yearly"],
      [false, undefined]
    ])
    expect(set[1].actor).toMatch(/^cli:/)
    expect((await signalbox(folder, "replay")).code).toBe(0)
  }, 120_000)
})

describe("a witness", () => {
  it("adds its signature to what only grew, and can be required", async () => {
    const { audit, keep } = await rotated()
    await audit("key", "witness.example.com", "--witness", "--out", "w.pem")
    await keep("keys.json", "keys")
    const cosign = ["--key", "w.pem", ...old, "--keys", "keys.json"]
    await keep("seen.txt", "cosign", "before.txt", ...cosign)
    await keep(
      "growth.json",
      "prove-consistency",
      "--earlier",
      "seen.txt",
      "--checkpoint",
      "after.txt",
      ...old
    )
    const grown = ["--earlier", "seen.txt", "--proof", "growth.json"]
    await keep("seen-again.txt", "cosign", "after.txt", ...cosign, ...grown)
    const required = ["--require-witness", "w.pem.pub"]
    expect(await audit("verify", "--checkpoint", "seen-again.txt", ...old, ...required)).toMatchObject({
      code: 0
    })
    expect(await audit("verify", "--checkpoint", "after.txt", ...old, ...required)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("not cosigned by witness.example.com+")
    })
    // The other way round nothing has grown.
    const backward = ["--earlier", "after.txt", "--proof", "growth.json"]
    expect((await audit("cosign", "before.txt", ...cosign, ...backward)).code).toBe(1)
    expect((await audit("cosign", "after.txt", ...cosign, "--earlier", "seen.txt")).code).toBe(2)
    expect((await audit("cosign", "after.txt", "--key", "new.pem", ...old)).code).toBe(2)
  }, 120_000)
})
