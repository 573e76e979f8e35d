import { existsSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { makeInlineLauncher } from "../../src/launcher/InlineLauncher.ts"
import { inThread, type ThreadOptions } from "../../src/launcher/inThread.ts"
import { temporaryFolder } from "../log/temporaryFolder.ts"
import { bakery } from "./bakery.ts"
import { launcherContract } from "./LauncherContract.ts"
import type { Workshop } from "./Workshop.ts"

const module = new URL("./threadJobs.ts", import.meta.url)

launcherContract(
  "jobs in threads",
  Effect.map(temporaryFolder, (folder): Workshop => {
    const notes = join(folder, "starts")
    const jobs = {
      succeed: inThread(module, "succeed"),
      fail: inThread(module, "fail"),
      wait: inThread(module, "wait")
    }
    return {
      launcher: makeInlineLauncher(jobs, folder),
      spec: (id, work) => ({ id, job: work, input: folder }),
      finish: () => Effect.sync(() => writeFileSync(join(folder, "finished"), "")),
      starts: (run) =>
        existsSync(notes)
          ? readFileSync(notes, "utf8")
              .split("\n")
              .filter((one) => one === run).length
          : 0,
      failure: "Threw"
    }
  })
)

/** An attempt at a job in a thread. */
const baking = (name: string, options?: ThreadOptions, input?: unknown) =>
  bakery(inThread(module, name, options), input === undefined ? {} : { input: input as never })

describe("a job in a thread", () => {
  it.live("has its input, tells its progress and lines, and answers", () =>
    Effect.gen(function* () {
      const { launch, ear, folder } = yield* baking("sum", {}, [1, 2, 3])
      expect(yield* launch).toEqual({ _tag: "Succeeded", result: 6 })
      expect(yield* ear.next).toEqual({ _tag: "Started" })
      expect(yield* ear.next).toEqual({ _tag: "Progress", fraction: 0.5, message: "half way" })
      const log = join(folder, "r/1/log")
      while (!existsSync(log) || readFileSync(log, "utf8") === "") yield* Effect.sleep(1)
      expect(readFileSync(log, "utf8")).toBe("adding up\n")
    })
  )

  it.live.each([
    ["exit", {}, "its thread has ended with code 3, without an answer"],
    ["hoard", { memoryMb: 16 }, "memory limit"],
    ["answerWithAFunction", {}, "could not be cloned"],
    ["failLater", {}, "too late"],
    ["nobody", {}, "exports no function nobody"]
  ] as const)("that ends otherwise than by an answer has failed: %s", ([name, options, message]) =>
    Effect.gen(function* () {
      const { launch } = yield* baking(name, options)
      expect(yield* launch).toMatchObject({ _tag: "Threw", message: expect.stringContaining(message) })
    })
  )

  it.live("that is to stop may tidy up, and what it then answers is its end", () =>
    Effect.gen(function* () {
      const { launch, launcher, assignment, ear } = yield* baking("tidy")
      yield* Effect.forkChild(launch)
      yield* ear.next
      expect(yield* launcher.stop(assignment)).toEqual({ _tag: "Succeeded", result: "tidied up" })
    })
  )

  it.live("that takes no notice is ended when its time is over", () =>
    Effect.gen(function* () {
      const { launch, launcher, assignment, ear } = yield* baking("spin", { graceMs: 1 })
      const launched = yield* Effect.forkChild(launch)
      yield* ear.next
      expect(yield* ear.next).toEqual({ _tag: "Progress", fraction: 0 })
      expect(yield* launcher.stop(assignment)).toMatchObject({ _tag: "Terminated" })
      expect(yield* Fiber.join(launched)).toMatchObject({ _tag: "Terminated" })
    })
  )
})
