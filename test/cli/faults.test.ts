/**
 * A coordinator whose disk fails beneath it for a moment: it recovers, or stops with a sentence; whatever it does, no run is
 * lost or done twice, and the log is what was written.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { faultsLibrary } from "../log/crash/faultsLibrary.ts"
import { signalbox, start, temporaryFolder } from "./signalbox.ts"

const ids = ["a", "b", "c", "d", "e", "f"]
const runs = ids.map((id) => ({ id, command: 'echo "$SIGNALBOX_RUN" >> done.txt' }))
const policy = { max_concurrent_runs: 2 }

describe.runIf(faultsLibrary())("a coordinator", () => {
  // At its first turn, among its first runs, and later.
  it.each(["sync:4:2:0", "sync:9:3:0", "sync:12:1:0", "short:40:6:0"])(
    "whose disk fails (%s) loses no run and does none twice",
    { timeout: 120_000 },
    async (fault) => {
      const folder = temporaryFolder()
      writeFileSync(join(folder, "work.json"), JSON.stringify({ policy, runs }))
      const seen = join(folder, "seen")
      const env = { LD_PRELOAD: faultsLibrary(), SIGNALBOX_FAULT: fault, SIGNALBOX_FAULT_SEEN: seen }
      const { code, stderr } = await start(folder, ["run", "work.json"], env).ended
      expect(existsSync(seen)).toBe(true)
      expect(stderr).not.toContain("defect")
      expect(code === 0 || code === 3, stderr).toBe(true)
      if (code === 3) expect((await signalbox(folder, "run", "work.json")).code).toBe(0)
      const done = readFileSync(join(folder, "done.txt"), "utf8").trim().split("\n")
      expect(done.toSorted()).toEqual(ids.map((id) => `${id}.1`))
      expect((await signalbox(folder, "audit", "verify")).code).toBe(0)
      expect(JSON.parse((await signalbox(folder, "replay", "--json")).stdout).violations).toEqual([])
    }
  )
})
