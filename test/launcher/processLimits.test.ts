import { getPriority } from "node:os"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Attempts, artifact } from "./Attempts.ts"

describe("a limit of a process", () => {
  it.live("holds for its command, each to the number", () =>
    Effect.gen(function* () {
      const attempts = yield* Attempts.make()
      const limits = { cpuSeconds: 100, memoryMb: 2_000, openFiles: 50, nice: 7 }
      const command = "ulimit -S -t; ulimit -H -t; ulimit -v; ulimit -n; nice"
      expect(yield* attempts.run(command, { limits })).toEqual({ _tag: "Succeeded" })
      expect(attempts.read(artifact("stdout"))).toBe(
        `100\n101\n2048000\n50\n${Math.min(19, getPriority() + 7)}\n`
      )
    })
  )

  it.live("on the processor's time ends what does not stop computing, and that is told", () =>
    Effect.gen(function* () {
      const attempts = yield* Attempts.make()
      const outcome = yield* attempts.run("while :; do :; done", { limits: { cpuSeconds: 1 } })
      expect(outcome).toMatchObject({ _tag: "Exited", signal: "SIGXCPU" })
    })
  )

  it.live("on open files refuses one more", () =>
    Effect.gen(function* () {
      const attempts = yield* Attempts.make()
      const outcome = yield* attempts.run("exec 8< /dev/null 9< /dev/null", { limits: { openFiles: 9 } })
      expect(outcome).toMatchObject({ _tag: "Exited", code: 2 })
    })
  )

  it.live("that cannot be set keeps the command from starting, and says so", () =>
    Effect.gen(function* () {
      const attempts = yield* Attempts.make()
      const openFiles = 2 ** 31
      const outcome = yield* attempts.run("echo started > started", { limits: { openFiles } })
      expect(outcome).toMatchObject({ _tag: "Exited", tail: expect.stringContaining("limit") })
      expect(attempts.read("started")).toBe("")
    })
  )

  it.live("leaves the words of the command as they are", () =>
    Effect.gen(function* () {
      const attempts = yield* Attempts.make()
      const words = ["/bin/sh", "-c", `printf '%s|' "$0" "$@"`, "a b", "$HOME", "-n", ""] as const
      yield* attempts.run(words, { limits: { nice: 1, openFiles: 60 } })
      expect(attempts.read(artifact("stdout"))).toBe("a b|$HOME|-n||")
    })
  )
})
