import { existsSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { settings } from "../../src/settings.ts"
import { bakery } from "./bakery.ts"

const written = (folder: string, until: (text: string) => boolean) =>
  Effect.gen(function* () {
    const file = join(folder, "r", "1", "log")
    while (!existsSync(file) || !until(readFileSync(file, "utf8"))) yield* Effect.sleep(1)
    return readFileSync(file, "utf8")
  })

it.live("a run's own log has the job's lines, in their order", () =>
  Effect.gen(function* () {
    const lines = Array.from({ length: 1_000 }, (_, index) => `näh ${index}`)
    const { launch, folder } = yield* bakery(async ({ log }) => {
      for (const line of lines.slice(0, 500)) log(line)
      await new Promise(setImmediate)
      for (const line of lines.slice(500)) log(line)
    })
    yield* launch
    const text = lines.map((line) => `${line}\n`).join("")
    expect(yield* written(folder, ({ length }) => length >= text.length)).toBe(text)
  })
)

it.live("a run's own log is not there where the job wrote none", () =>
  Effect.gen(function* () {
    const { launch, folder } = yield* bakery(() => 1)
    yield* launch
    expect(existsSync(join(folder, "r"))).toBe(false)
  })
)

it.live("a run's own log ends where it is full, and says so", () =>
  Effect.gen(function* () {
    const full = "… the log is full\n"
    const line = "ä".repeat(99_999)
    const { launch, folder } = yield* bakery(({ log }) => {
      for (let count = 0; count < 200; count++) log(line)
    })
    yield* launch
    const text = yield* written(folder, (one) => one.endsWith(full))
    expect(text.slice(0, -full.length).replaceAll(`${line}\n`, "")).toBe("")
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(settings.runLogBytesMax + Buffer.byteLength(full))
    expect(Buffer.byteLength(text)).toBeGreaterThan(settings.runLogBytesMax - 2 * Buffer.byteLength(line))
  })
)

it.live("a run's own log is no reason for a job to fail where it cannot be written", () =>
  Effect.gen(function* () {
    const { launch, folder } = yield* bakery(({ log }) => log("one"))
    writeFileSync(join(folder, "r"), "")
    expect(yield* launch).toEqual({ _tag: "Succeeded" })
  })
)
