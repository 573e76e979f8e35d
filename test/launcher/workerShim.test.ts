import { mkdirSync } from "node:fs"
import { join, relative } from "node:path"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import fc from "fast-check"
import { makeProcessLauncher } from "../../src/launcher/ProcessLauncher.ts"
import { Attempts, artifact } from "./Attempts.ts"

/** Prints each of its arguments, with a 0 after each. */
const printer = ["/bin/sh", "-c", `for one; do printf '%s\\0' "$one"; done`, "printer"] as const

describe("how a command is run", () => {
  it.live("its arguments arrive as they are", () =>
    Effect.gen(function* () {
      const attempts = yield* Attempts.make()
      const odd = fc.constantFrom(" ", "'", '"', "\\", "\n", "$HOME", "`id`", "*", "-n", "", "🧵", ";", "&&")
      const word = fc.array(fc.oneof(odd, fc.string({ unit: "binary" }))).map((parts) => parts.join(""))
      const words = fc.array(word.filter((one) => !one.includes("\0")))
      let run = 0
      const property = fc.asyncProperty(words, async (given) => {
        const id = `r${run++}`
        await Effect.runPromise(attempts.run([...printer, ...given], { id }))
        const printed = attempts.read(join("artifacts", id, "1", "stdout"))
        expect(printed.split("\0").slice(0, -1)).toEqual(given)
      })
      yield* Effect.promise(() => fc.assert(property, { numRuns: 25 }))
    })
  )

  it.live("its first word is a program, not a word of the shell", () =>
    Effect.gen(function* () {
      const attempts = yield* Attempts.make()
      expect(yield* attempts.run(["exit", "3"], { id: "r" })).toMatchObject({ _tag: "Exited", code: 127 })
      expect(yield* attempts.run(["FOO=1", "true"], { id: "s" })).toMatchObject({ code: 127 })
      expect(yield* attempts.run(["test", "-e", "."], { id: "t" })).toEqual({ _tag: "Succeeded" })
    })
  )

  it.live("a line is for the shell", () =>
    Effect.gen(function* () {
      const attempts = yield* Attempts.make()
      yield* attempts.run(`for word in b a; do echo "$word"; done | sort > sorted && test -s sorted`)
      expect(attempts.read("sorted")).toBe("a\nb\n")
    })
  )

  it.live("it has our environment, and what the run adds to it, and knows what it is", () =>
    Effect.gen(function* () {
      const attempts = yield* Attempts.make()
      const env = { GREETING: "good 'day'\n", SIGNALBOX_RUN: "another" }
      const command = `printf '%s|' "$PATH" "$GREETING" "$SIGNALBOX_RUN" "$SIGNALBOX_ATTEMPT"`
      yield* attempts.launcher.launch({ ...attempts.at(command, { env }), attempt: 12 }, () => {})
      expect(attempts.read(join("artifacts", "r", "12", "stdout"))).toBe(
        `${process.env["PATH"]}|${env.GREETING}|r|12|`
      )
    })
  )

  it.live("it has nothing to read from", () =>
    Effect.gen(function* () {
      const attempts = yield* Attempts.make()
      expect(yield* attempts.run("cat")).toEqual({ _tag: "Succeeded" })
      expect(attempts.read(artifact("stdout"))).toBe("")
    })
  )

  for (const signal of ["PIPE", "TERM", "INT", "HUP"]) {
    it.live(`it takes a SIG${signal} as any program does`, () =>
      Effect.gen(function* () {
        const attempts = yield* Attempts.make()
        const outcome = yield* attempts.run(`kill -${signal} $$; echo alive`)
        expect(outcome).toMatchObject({ _tag: "Exited", signal: `SIG${signal}` })
      })
    )
  }

  it.live("it has no other files open than the three that every program has", () =>
    Effect.gen(function* () {
      const attempts = yield* Attempts.make()
      const command = "for one in 3 4 5 6 7 8 9; do { true >&$one; } 2> /dev/null && echo $one; done; true"
      expect(yield* attempts.run(command)).toEqual({ _tag: "Succeeded" })
      expect(attempts.read(artifact("stdout"))).toBe("")
    })
  )

  it.live("what it prints is kept whole, each stream in its file", () =>
    Effect.gen(function* () {
      const attempts = yield* Attempts.make()
      yield* attempts.run("seq 1 50000; seq 1 40000 >&2")
      const lines = (count: number) => Array.from({ length: count }, (_, index) => `${index + 1}\n`).join("")
      expect(attempts.read(artifact("stdout"))).toBe(lines(50_000))
      expect(attempts.read(artifact("stderr"))).toBe(lines(40_000))
    })
  )

  it.live("it runs in its own folder, wherever its files are kept", () =>
    Effect.gen(function* () {
      const attempts = yield* Attempts.make()
      const here = join(attempts.folder, "here")
      mkdirSync(here)
      const launcher = makeProcessLauncher(relative(process.cwd(), join(attempts.folder, "artifacts")))
      yield* launcher.launch(attempts.at("pwd", { cwd: here }), () => {})
      expect(attempts.read(artifact("stdout"))).toBe(`${here}\n`)
    })
  )
})
