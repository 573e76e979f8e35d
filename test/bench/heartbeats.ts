/**
 * What it costs to hear every second that each of many runs is well: heartbeats are not events, and cause no turn.
 */
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { open } from "../../src/coordinator/open.ts"
import type { Launcher, Tell } from "../../src/launcher/Launcher.ts"
import type { Figure } from "./Figure.ts"
import { withFolder } from "./place.ts"

const runs = 10_000
const seconds = 10

/** A launcher whose work goes on until it is stopped, and says that it is well when `beat` is called. */
const makeBeating = () => {
  const hearts = new Map<string, Tell>()
  const launcher: Launcher["Service"] = {
    launch: ({ run }, tell) =>
      Effect.suspend(() => {
        hearts.set(run, tell)
        tell({ _tag: "Started" })
        return Effect.never
      }),
    stop: () => Effect.succeed({ _tag: "Terminated", message: "stopped" }),
    forget: ({ run }) => hearts.delete(run)
  }
  const beat = () => {
    for (const tell of hearts.values()) tell({ _tag: "Health", healthy: true })
  }
  return { hearts, launcher, beat }
}

export const heartbeats = (): Promise<ReadonlyArray<Figure>> =>
  withFolder(async (folder) => {
    const { hearts, launcher, beat } = makeBeating()
    const policy = {
      maxConcurrentRuns: runs,
      timeouts: { startMs: 60_000, runtimeMs: 3_600_000, cancelMs: 60_000 }
    }
    const box = await open({ log: join(folder, "log.db"), launchers: { beating: launcher }, policy })
    const specs = Array.from({ length: runs }, (_, at) => ({
      id: `run-${at}`,
      job: "beat",
      launcher: "beating"
    }))
    const refused = (await box.submitAll(specs)).find(Result.isFailure)
    if (refused) throw refused.failure
    while (hearts.size < runs || (await box.list({ states: ["started"] })).length < runs) await sleep(100)
    const before = process.cpuUsage()
    const began = performance.now()
    for (let second = 1; second <= seconds; second++) {
      beat()
      await sleep(began + second * 1_000 - performance.now())
    }
    const { user, system } = process.cpuUsage(before)
    const share = (user + system) / 1_000 / (performance.now() - began)
    await box.close({ mode: "handover" })
    return [
      {
        name: `${runs.toLocaleString("en-US")} runs in progress, each with a heartbeat a second, in processors`,
        ours: `${(share * 100).toFixed(1)} %`,
        baseline: "",
        ratio: share,
        target: { atMost: 0.25 }
      }
    ]
  })
