import { join } from "node:path"
import { setTimeout as pause } from "node:timers/promises"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { launchersIn } from "../../../src/cli/launchersIn.ts"
import { open } from "../../../src/coordinator/open.ts"
import { assignmentOf, Ear } from "../assignment.ts"
import { image } from "./ContainerEngine.ts"
import { begin, holds } from "./holds.ts"

describe("another coordinator", () => {
  holds("finds the container, and learns its end", (quay) =>
    Effect.gen(function* () {
      const { launch, assignment } = yield* begin(quay, quay.launcher())
      yield* Fiber.interrupt(launch)
      const later = { ...assignment, recovered: true }
      const again = yield* Effect.forkChild(quay.launcher().launch(later, () => {}))
      yield* quay.finish
      expect(yield* Fiber.join(again)).toEqual({ _tag: "Succeeded" })
      expect(yield* quay.launcher().launch(later, () => {})).toEqual({ _tag: "Succeeded" })
      expect(quay.starts("r")).toBe(1)
    })
  )

  holds("starts what was made and not started, under an id that nobody else knows", (quay) =>
    Effect.gen(function* () {
      const labels = { "signalbox.run": "r", "signalbox.attempt": "1", "signalbox.box": quay.box }
      const made = { Image: image, Cmd: ["/bin/true"], Labels: labels, HostConfig: { NetworkMode: "host" } }
      const first = yield* quay.create(quay.nameOf("r"), made)
      const later = { ...assignmentOf(quay.spec("r", "succeed")), recovered: true }
      expect(yield* quay.launcher().launch(later, () => {})).toEqual({ _tag: "Succeeded" })
      expect(quay.starts("r")).toBe(1)
      expect((yield* quay.ask("POST", `/containers/${first}/start`))?.status).toBe(404)
    })
  )

  holds("does not start what was stopped before it started", (quay) =>
    Effect.gen(function* () {
      const assignment = assignmentOf(quay.spec("r", "succeed"))
      const stopped = yield* quay.launcher().stop(assignment)
      const later = { ...assignment, recovered: true }
      expect(yield* quay.launcher().launch(later, () => {})).toEqual(stopped)
      expect(yield* quay.launcher().stop(later)).toEqual(stopped)
      expect(quay.starts("r")).toBe(0)
    })
  )

  holds("does not start what had started and is not there any more", (quay) =>
    Effect.gen(function* () {
      const later = { ...assignmentOf(quay.spec("r", "succeed")), recovered: true, worker: "container" }
      expect(yield* quay.launcher().launch(later, () => {})).toMatchObject({ _tag: "WorkerLost" })
      expect(yield* quay.launcher().stop(later)).toMatchObject({ _tag: "WorkerLost" })
      expect(quay.starts("r")).toBe(0)
    })
  )

  holds("waits for an engine that is away, and tells so", (quay) =>
    Effect.gen(function* () {
      const { launch, assignment } = yield* begin(quay, quay.launcher())
      yield* Fiber.interrupt(launch)
      yield* Effect.promise(() => quay.gate.close())
      const ear = yield* Ear.make
      const again = yield* Effect.forkChild(
        quay.launcher().launch({ ...assignment, recovered: true }, ear.tell)
      )
      expect(yield* ear.next).toMatchObject({ _tag: "Health", healthy: false, transient: true })
      yield* Effect.promise(() => quay.gate.open())
      expect(yield* ear.next).toEqual({ _tag: "Health", healthy: true })
      yield* quay.finish
      expect(yield* Fiber.join(again)).toEqual({ _tag: "Succeeded" })
    })
  )
})

describe("a coordinator that is stopped", () => {
  holds("leaves its containers running; the next one records how they end, and removes them", (quay) =>
    Effect.promise(async () => {
      const options = () => ({ log: join(quay.folder, "log.db"), launchers: { docker: quay.launcher() } })
      const first = await open(options())
      await first.submit({ ...quay.spec("r", "wait"), launcher: "docker" })
      while (quay.starts("r") === 0) await pause(1)
      await first.close({ mode: "handover" })
      await using second = await open(options())
      await Effect.runPromise(quay.finish)
      expect((await second.ended("r")).end).toMatchObject({ state: "succeeded" })
      expect(quay.starts("r")).toBe(1)
      while ((await Effect.runPromise(quay.shown("r"))) !== undefined) await pause(1)
    })
  )
})

describe("a configuration file", () => {
  holds("has its launcher do as its keys say", (quay) =>
    Effect.gen(function* () {
      const host_config = { Binds: [`${quay.folder}:/shelf`] }
      const docker = { ...quay.options, host_config, env: { SALT: "some" }, terminate_grace_seconds: 0 }
      const { docker: launcher } = yield* launchersIn({ docker }, join(quay.folder, "artifacts"))
      if (!launcher) return expect(launcher).toBeDefined()
      const deaf = "trap '' TERM; echo $SALT >> /shelf/r.starts; while true; do sleep 0.02; done"
      const { assignment } = yield* begin(quay, launcher, quay.at(deaf))
      expect(yield* launcher.stop(assignment)).toMatchObject({ _tag: "Exited", signal: "SIGKILL" })
      expect(quay.read("r.starts")).toBe("some\n")
    })
  )

  it.effect("has none where it names none", () =>
    Effect.gen(function* () {
      expect(yield* launchersIn(null, "artifacts")).toEqual({})
      expect(yield* launchersIn({}, "artifacts")).toEqual({})
    })
  )
})

describe("an engine", () => {
  holds("that is away takes no run, and may later", (quay) =>
    Effect.gen(function* () {
      yield* Effect.promise(() => quay.gate.close())
      const launch = quay.launcher().launch(quay.at("true"), () => {})
      expect(yield* launch).toMatchObject({
        _tag: "LaunchUnreachable",
        message: expect.stringContaining("the container engine does not answer: connect ENOENT")
      })
    })
  )

  const create = /^POST [/]containers[/]create/
  const start = /^POST [/]containers[/][0-9a-f]+[/]start/
  for (const [what, trouble, outcome, starts] of [
    ["does not hear that it is to make a container", { drops: create }, "LaunchUnreachable", 0],
    ["makes a container, and nobody learns it", { loses: create }, "LaunchUnreachable", 0],
    ["does not hear that it is to start one", { drops: start }, "Exited", 1],
    ["starts one, and nobody learns it", { loses: start }, "Exited", 1]
  ] as const)
    holds(`that ${what}, has not started it twice`, (quay) =>
      Effect.gen(function* () {
        Object.assign(quay.gate, trouble)
        const launcher = quay.launcher()
        const assignment = assignmentOf(quay.spec("r", "fail"))
        expect(yield* launcher.launch(assignment, () => {})).toMatchObject({ _tag: outcome })
        expect(quay.gate).toMatchObject({ drops: undefined, loses: undefined })
        expect(quay.starts("r")).toBe(starts)
        launcher.forget(assignment)
        while ((yield* quay.shown("r")) !== undefined) yield* Effect.sleep(1)
      })
    )

  holds("that is away while a run is to be stopped is asked until it is back", (quay) =>
    Effect.gen(function* () {
      const launcher = quay.launcher()
      const { launch, assignment } = yield* begin(quay, launcher)
      yield* Effect.promise(() => quay.gate.close())
      const stop = yield* Effect.forkChild(launcher.stop(assignment), { startImmediately: true })
      yield* Effect.promise(() => quay.gate.open())
      const end = yield* Fiber.join(stop)
      expect(end).toMatchObject({ _tag: "Exited", code: 143, signal: "SIGTERM" })
      expect(yield* Fiber.join(launch)).toEqual(end)
    })
  )
})
