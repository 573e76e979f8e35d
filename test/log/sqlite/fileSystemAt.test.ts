import { once } from "node:events"
import { existsSync, mkdtempSync, rmSync, statfsSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, describe, expect, it } from "vitest"
import { fileSystemAt } from "../../../src/log/sqlite/fileSystemAt.ts"
import { openForWriting, reasonOf } from "../../../src/log/sqlite/sqliteFile.ts"

const folder = mkdtempSync(join(tmpdir(), "signalbox-test-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** The place as it would be on a file system of this type. */
const of = (type: number) => (path: string) => fileSystemAt(path, () => type, "linux")

describe("a file system", () => {
  it.each([
    ["NFS", 0x6969],
    ["SMB", 0x517b],
    ["SMB (CIFS)", 0xff534d42],
    ["SMB 2", 0xfe534d42],
    ["Ceph", 0x00c36400],
    ["Lustre", 0x0bd00bd0]
  ])("that several machines reach is told: %s", (name, type) => {
    expect(of(type)(folder)).toEqual({ name, kind: "shared" })
    // As a number of 32 bits with a sign, too.
    expect(of(type | 0)(folder)).toEqual({ name, kind: "shared" })
  })

  it.each([
    ["9p", 0x01021997],
    ["FUSE", 0x65735546]
  ])("of which that cannot be known is told: %s", (name, type) => {
    expect(of(type)(folder)).toEqual({ name, kind: "unknown" })
  })

  it.each([
    ["ext4", 0xef53],
    ["xfs", 0x58465342],
    ["btrfs", 0x9123683e],
    ["overlayfs", 0x794c7630],
    ["tmpfs", 0x01021994]
  ])("of this machine counts as local: %s", (_, type) => {
    expect(of(type)(folder).kind).toBe("local")
  })

  it("is looked at where the file is; only Linux has these numbers", () => {
    expect(fileSystemAt(folder)).toEqual(of(statfsSync(folder).type)(folder))
    expect(fileSystemAt("/proc", undefined, "linux")).toEqual(of(0x9fa0)("/proc"))
    expect(fileSystemAt(folder, () => 0x6969, "darwin").kind).toBe("local")
  })
})

describe("a log", () => {
  const reasonFor = (path: string, type: number) => {
    try {
      openForWriting(path, of(type)).close()
      return undefined
    } catch (error) {
      return reasonOf(path, error)
    }
  }

  it("is not made, and not written, where several machines reach it", () => {
    const path = join(folder, "shared.db")
    const refused = {
      _tag: "Unavailable",
      log: path,
      issue:
        "it stands on NFS, where the locks of several machines do not hold; put it on a local disk, or in Postgres"
    }
    expect(reasonFor(path, 0x6969)).toEqual(refused)
    expect(existsSync(path)).toBe(false)
    expect(reasonFor(path, 0xef53)).toBeUndefined()
    expect(reasonFor(path, 0x6969)).toEqual(refused)
  })

  it("is made where that cannot be known, with a warning", async () => {
    const path = join(folder, "fuse.db")
    const warned = once(process, "warning")
    expect(reasonFor(path, 0x65735546)).toBeUndefined()
    const [warning] = await warned
    expect(String(warning)).toBe(
      `SignalboxWarning: ${path}: it stands on FUSE, where locks may not hold: let no second machine reach it, or put it on a local disk`
    )
  })

  it("that is to be made in a folder that is not there is refused for that", () => {
    const path = join(folder, "none", "runs.db")
    expect(reasonFor(path, 0x6969)).toMatchObject({ issue: expect.stringContaining("its folder is missing") })
  })
})
