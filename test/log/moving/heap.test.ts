/**
 * However long a log is, moving it takes the same memory.
 */
import { execFile } from "node:child_process"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { temporaryFolder } from "../temporaryFolder.ts"

const program = fileURLToPath(new URL("./heap.ts", import.meta.url))
const growthMax = 100 * 2 ** 20

it.live(
  "a log of 200000 events, some 70 MB, is imported and exported without being held",
  () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const { stdout } = yield* Effect.promise(() =>
        promisify(execFile)(process.execPath, ["--expose-gc", program, folder])
      )
      const { count, used } = JSON.parse(stdout) as { count: number; used: ReadonlyArray<number> }
      expect(count).toBe(200_000)
      expect(used.length).toBe(20)
      const [first = 0] = used
      expect(Math.max(...used) - first).toBeLessThan(growthMax)
    }),
  300_000
)
