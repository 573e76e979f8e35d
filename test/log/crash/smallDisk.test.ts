/**
 * A disk that is really full: a small one in memory, for one process alone.
 */
import { mkdirSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { vi } from "vitest"
import { LogProcess } from "../process/LogProcess.ts"
import { canMount } from "../process/ownMounts.ts"
import { temporaryFolder } from "../temporaryFolder.ts"

// Real files and processes on a machine that may be busy with others.
vi.setConfig({ testTimeout: 120_000 })

const onSmallDisk = Effect.gen(function* () {
  const folder = join(yield* temporaryFolder, "small")
  mkdirSync(folder)
  const path = join(folder, "runs.db")
  const full = `${path} cannot be used: the disk is full (database or disk is full)`
  return { full, writer: yield* LogProcess.make(path, { disk: { folder, bytes: 2_000_000 } }) }
})

describe.runIf(canMount("a full disk"))("a full disk", () => {
  it.live("takes no turn in part; when room is made, the same writer goes on", () =>
    Effect.gen(function* () {
      const { full, writer } = yield* onSmallDisk
      yield* writer.ask({ ballast: 1_500_000 })
      yield* writer.ask({ lead: "ann" })
      let written = 0
      let answer = yield* writer.ask({ append: 3, bytes: 10_000 })
      for (; "done" in answer; answer = yield* writer.ask({ append: 3, bytes: 10_000 })) written += 3
      expect(answer).toMatchObject({ failed: { _tag: "Unavailable" }, message: full })
      expect(written).toBeGreaterThan(0)
      expect(yield* writer.ask({ read: true })).toEqual({ done: written })

      yield* writer.ask({ ballast: 0 })
      expect(yield* writer.ask({ append: 3, bytes: 10_000 })).toEqual({ done: null })
      expect(yield* writer.ask({ read: true })).toEqual({ done: written + 3 })
      yield* writer.ask({ letGo: true })
      expect(yield* writer.ask({ lead: "bob" })).toEqual({ done: { epoch: 2, position: written + 3 } })
    })
  )

  it.live("where there is none to begin with, no log is made, and later there is", () =>
    Effect.gen(function* () {
      const { full, writer } = yield* onSmallDisk
      yield* writer.ask({ ballast: 1_990_000 })
      expect(yield* writer.ask({ lead: "ann" })).toMatchObject({ message: full })
      expect(yield* writer.ask({ read: true })).toMatchObject({ failed: { _tag: "Missing" } })
      yield* writer.ask({ ballast: 0 })
      expect(yield* writer.ask({ lead: "ann" })).toEqual({ done: { epoch: 1, position: 0 } })
    })
  )
})
