/**
 * What the files of an attempt say of its process, when that is all there is to go by.
 */
import { spawn } from "node:child_process"
import { once } from "node:events"
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { Attempts, artifact, isGone } from "./Attempts.ts"
import { Ear } from "./assignment.ts"

const processOf = (program: string, ...args: ReadonlyArray<string>) =>
  Effect.acquireRelease(
    Effect.sync(() => spawn(program, args, { stdio: ["ignore", "pipe", "inherit"] })),
    (child) => Effect.sync(() => child.kill("SIGKILL"))
  )

/** A live process that has nothing to do with any run. */
const stranger = processOf("sleep", "60")

const readIfThere = (file: string) => (existsSync(file) ? readFileSync(file, "utf8") : "\n")

/** What a shim of that pid would have written of itself. */
const identityOf = (pid: number) =>
  readIfThere("/proc/sys/kernel/random/boot_id") + readIfThere(`/proc/${pid}/stat`)

/** Puts files into the folder of an attempt, as one that came before may have left them. */
const leave = (attempts: Attempts, files: Readonly<Record<string, string>>) =>
  Effect.sync(() => {
    for (const [name, text] of Object.entries(files)) {
      const path = join(attempts.folder, artifact(name))
      mkdirSync(dirname(path), { recursive: true })
      writeFileSync(path, text)
    }
  })

/** A pid that no process has. */
const nobody = 2 ** 22 + 1

const command = "echo started > started"

describe("a process is not taken for another", () => {
  const others = {
    "that started at another time": (identity: string) =>
      identity.replace(/(\d+)((?: \S+){30}\n?)$/, "1$1$2"),
    "of an earlier boot": (identity: string) =>
      identity.replace(/^\S/, (first) => (first === "0" ? "1" : "0"))
  }
  for (const [which, changed] of Object.entries(others)) {
    it.live(`a pid that came round again is not the process ${which}`, () =>
      Effect.gen(function* () {
        const attempts = yield* Attempts.make()
        const child = yield* stranger
        const pid = child.pid ?? nobody
        const identity = changed(identityOf(pid))
        expect(identity).not.toBe(identityOf(pid))
        yield* leave(attempts, { worker: `${pid}\n`, [`worker.${pid}`]: identity })
        const lost = { _tag: "WorkerLost", message: `process ${pid} is gone and left no exit code` }
        expect(yield* attempts.run(command)).toEqual(lost)
        expect(yield* attempts.launcher.stop(attempts.at(command))).toEqual(lost)
        expect(attempts.read("started")).toBe("")
        expect([child.exitCode, child.signalCode]).toEqual([null, null])
      })
    )
  }

  it.live("a process is followed to its end, even by its pid alone where that is all the system tells", () =>
    Effect.gen(function* () {
      for (const identity of [identityOf, () => "\n\n"]) {
        const attempts = yield* Attempts.make()
        const child = yield* stranger
        const pid = child.pid ?? nobody
        yield* leave(attempts, { worker: `${pid}\n`, [`worker.${pid}`]: identity(pid) })
        const ear = yield* Ear.make
        const launch = yield* Effect.forkChild(attempts.launcher.launch(attempts.at(command), ear.tell))
        expect(yield* ear.next).toEqual({ _tag: "Started", worker: `pid ${pid}` })
        expect(launch.pollUnsafe()).toBeUndefined()
        child.kill("SIGKILL")
        expect(yield* Fiber.join(launch)).toMatchObject({ _tag: "WorkerLost" })
      }
    })
  )

  it.live("a process that has ended is gone, even if its parent never takes notice", () =>
    Effect.gen(function* () {
      const attempts = yield* Attempts.make()
      // The shell becomes a program that knows nothing of having a child.
      const parent = yield* processOf("/bin/sh", "-c", "sleep 0 & echo $!; exec sleep 60")
      const pid = Number(yield* Effect.promise(async () => (await once(parent.stdout, "data")).join("")))
      yield* isGone(pid)
      yield* leave(attempts, { worker: `${pid}\n`, [`worker.${pid}`]: identityOf(pid) })
      expect(yield* attempts.run(command)).toMatchObject({ _tag: "WorkerLost" })
    })
  )
})

describe("a claim that was not finished", () => {
  const identity = identityOf(process.pid)
  const unfinished: Readonly<Record<string, Readonly<Record<string, string>>>> = {
    "is empty": { worker: "" },
    "is cut off": { worker: "12" },
    "is full of zeros, as a power cut may leave it": { worker: "\0\0\0\0\0\0" },
    "names nobody who left a trace": { worker: `${nobody}\n` },
    "names someone whose trace is cut off": { worker: `${process.pid}\n`, [`worker.${process.pid}`]: "\n" },
    "was made by someone who is gone": { worker: "", [`worker.${nobody}`]: identity }
  }
  for (const [how, files] of Object.entries(unfinished)) {
    it.live(`and ${how} is of a process that is lost, and nothing is started`, () =>
      Effect.gen(function* () {
        const attempts = yield* Attempts.make()
        yield* leave(attempts, files)
        const lost = { _tag: "WorkerLost", message: "a process has claimed it and cannot be found" }
        expect(yield* attempts.run(command)).toEqual(lost)
        expect(yield* attempts.launcher.stop(attempts.at(command))).toEqual(lost)
        expect(attempts.read("started")).toBe("")
      })
    )
  }

  it.live("is waited for while someone who may be at it is alive", () =>
    Effect.gen(function* () {
      const attempts = yield* Attempts.make()
      const child = yield* stranger
      const pid = child.pid ?? nobody
      yield* leave(attempts, { worker: "", [`worker.${pid}`]: identityOf(pid) })
      const ear = yield* Ear.make
      const launch = yield* Effect.forkChild(attempts.launcher.launch(attempts.at(command), ear.tell), {
        startImmediately: true
      })
      expect(launch.pollUnsafe()).toBeUndefined()
      yield* leave(attempts, { worker: `${pid}\n` })
      expect(yield* ear.next).toEqual({ _tag: "Started", worker: `pid ${pid}` })
      yield* leave(attempts, { exit: "0\n" })
      expect(yield* Fiber.join(launch)).toEqual({ _tag: "Succeeded" })
    })
  )
})

describe("an exit code", () => {
  const identity = identityOf(process.pid)
  const claim = { worker: `${nobody}\n`, [`worker.${nobody}`]: identity }

  it.live("is believed when its process is long gone", () =>
    Effect.gen(function* () {
      const attempts = yield* Attempts.make()
      yield* leave(attempts, { ...claim, exit: "3\n", stderr: "no flour\n" })
      const end = { _tag: "Exited", code: 3, tail: "no flour" }
      expect(yield* attempts.run(command)).toEqual(end)
      expect(yield* attempts.launcher.stop(attempts.at(command))).toEqual(end)
    })
  )

  for (const exit of ["", "0"]) {
    it.live(`of which ${exit === "" ? "nothing" : "only a part"} was written is none`, () =>
      Effect.gen(function* () {
        const attempts = yield* Attempts.make()
        yield* leave(attempts, { ...claim, exit })
        expect(yield* attempts.run(command)).toMatchObject({ _tag: "WorkerLost" })
      })
    )
  }

  it.live("is known to who has seen the end, even if there was no room to write it", () =>
    Effect.gen(function* () {
      const attempts = yield* Attempts.make()
      mkdirSync(join(attempts.folder, artifact("exit")), { recursive: true })
      expect(yield* attempts.run("exit 5")).toEqual({ _tag: "Exited", code: 5 })
    })
  )
})
