/**
 * A few rounds of what `npm run crash` does at length.
 */
import { describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { type Crash, crashRound } from "./crashRound.ts"
import { faultsLibrary } from "./faultsLibrary.ts"

const seed = Number(process.env["SIGNALBOX_SEED"]) % 1_000_000

const rounds = (crash: Crash, count: number) =>
  Effect.forEach(Array.from({ length: count }).keys(), (round) =>
    Effect.scoped(crashRound(crash, seed, round))
  )

const timeout = 300_000

describe("a writer that is killed at any moment", () => {
  it.live(
    "loses no turn that it had acknowledged, makes none up, and leaves none in part",
    () => rounds("kill", 12),
    timeout
  )
})

describe.runIf(faultsLibrary())("faults beneath SQLite", () => {
  it.live(
    "a power cut, by which any part of what was not synced is lost, loses no turn that was acknowledged",
    () => rounds("power", 8),
    timeout
  )

  for (const [crash, what] of [
    ["sync", "syncs that fail"],
    ["write", "writes that fail"],
    ["short", "a write done by half, and then no room"]
  ] as const) {
    it.live(
      `${what} are told as an unknown outcome, and the log goes on where it is`,
      () => rounds(crash, 4),
      timeout
    )
  }
})
