import { mkdirSync } from "node:fs"
import { join } from "node:path"
import { setTimeout as pause } from "node:timers/promises"
import { afterAll, describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import type * as Scope from "effect/Scope"
import { launchersIn } from "../../../src/cli/launchersIn.ts"
import { open } from "../../../src/coordinator/open.ts"
import type { Launcher } from "../../../src/launcher/Launcher.ts"
import { assignmentOf, Ear } from "../assignment.ts"
import { launcherContract } from "../LauncherContract.ts"
import { heardStart } from "../Workshop.ts"
import { ContainerEngine, image } from "./ContainerEngine.ts"
import { Quay } from "./Quay.ts"

const started = await ContainerEngine.start()
const engine = typeof started === "string" ? undefined : started
if (typeof started === "string") console.error(`CONTAINERS ARE NOT TESTED: ${started}`)
afterAll(() => engine?.stop())

if (engine) {
  launcherContract(
    "containers",
    Effect.map(Quay.make(engine), (quay) => quay.workshop),
    ["kill", "forget", "blind"]
  )
}

const holds = (title: string, body: (quay: Quay) => Effect.Effect<void, unknown, Scope.Scope>) =>
  it.live.skipIf(!engine)(title, () => (engine ? Effect.flatMap(Quay.make(engine), body) : Effect.void))

/** Launches it, and waits until the work of a run has made its note. */
const begin = Effect.fnUntraced(function* (
  quay: Quay,
  launcher: Launcher["Service"],
  assignment = assignmentOf(quay.spec("r", "wait"))
) {
  const ear = yield* Ear.make
  const launch = yield* Effect.forkChild(launcher.launch(assignment, ear.tell))
  yield* heardStart(ear)
  while (quay.starts("r") === 0) yield* Effect.sleep(1)
  return { launch, assignment }
})

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
      await first.close({ waitMs: 0 })
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
      const { docker: launcher } = launchersIn({ docker }, join(quay.folder, "artifacts"))
      if (!launcher) return expect(launcher).toBeDefined()
      const deaf = "trap '' TERM; echo $SALT >> /shelf/r.starts; while true; do sleep 0.02; done"
      const { assignment } = yield* begin(quay, launcher, quay.at(deaf))
      expect(yield* launcher.stop(assignment)).toMatchObject({ _tag: "Exited", signal: "SIGKILL" })
      expect(quay.read("r.starts")).toBe("some\n")
    })
  )

  it("has none where it names none", () => {
    expect(launchersIn(null, "artifacts")).toEqual({})
    expect(launchersIn({}, "artifacts")).toEqual({})
  })
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

describe("a run that can be no container is refused", () => {
  holds("where no image is named", (quay) =>
    Effect.gen(function* () {
      const launch = quay.launcher({ image: undefined }).launch(quay.at("true"), () => {})
      expect(yield* launch).toEqual({
        _tag: "LaunchRefused",
        message: "the run names no image: it needs the tag signalbox/docker-image, or its launcher an `image`"
      })
    })
  )

  holds("where its image is not there, and is not to be fetched", (quay) =>
    Effect.gen(function* () {
      const launcher = quay.launcher({ pull: "never" })
      const assignment = quay.at("true", { tags: { "signalbox/docker-image": "localhost/none" } })
      expect(yield* launcher.launch(assignment, () => {})).toMatchObject({
        _tag: "LaunchRefused",
        message: expect.stringContaining("localhost/none:latest")
      })
      expect(yield* launcher.stop(assignment)).toMatchObject({ _tag: "LaunchRefused" })
      const other = { ...assignment, attempt: 2 }
      expect(yield* launcher.stop(other)).toMatchObject({ _tag: "Terminated" })
    })
  )

  holds("where another container has its name", (quay) =>
    Effect.gen(function* () {
      const labels = { "signalbox.box": quay.box }
      yield* quay.create(quay.nameOf("r"), {
        Image: image,
        Cmd: ["/bin/true"],
        Labels: labels,
        HostConfig: { NetworkMode: "host" }
      })
      const refused = { _tag: "LaunchRefused", message: expect.stringContaining("not of this attempt") }
      const launcher = quay.launcher()
      expect(yield* launcher.launch(quay.at("true"), () => {})).toMatchObject(refused)
      expect(yield* quay.launcher().stop(quay.at("true"))).toMatchObject(refused)
      expect(yield* quay.shown("r")).toBeDefined()
    })
  )

  holds("or not started, where its command is not there", (quay) =>
    Effect.gen(function* () {
      const outcome = yield* quay.launcher().launch(quay.at(["no-such-program"]), () => {})
      // Engines do not agree on whether that is their own trouble.
      expect(["LaunchRefused", "LaunchUnreachable"]).toContain(outcome._tag)
      expect(outcome).toMatchObject({ message: expect.stringContaining("no-such-program") })
    })
  )
})

describe("a container", () => {
  holds("leaves what it has printed in files, and the end of its errors in its outcome", (quay) =>
    Effect.gen(function* () {
      const command = "echo one; echo two; echo no flour >&2; exit 3"
      const outcome = yield* quay.launcher().launch(quay.at(command), () => {})
      expect(outcome).toEqual({ _tag: "Exited", code: 3, tail: "no flour" })
      expect(quay.read("artifacts/r/1/stdout")).toBe("one\ntwo\n")
      expect(quay.read("artifacts/r/1/stderr")).toBe("no flour\n")
    })
  )

  holds("ends all the same where that cannot be written", (quay) =>
    Effect.gen(function* () {
      mkdirSync(join(quay.folder, "artifacts/r/1/stdout"), { recursive: true })
      const outcome = yield* quay.launcher().launch(quay.at("echo no flour >&2; exit 3"), () => {})
      expect(outcome).toEqual({ _tag: "Exited", code: 3 })
    })
  )

  holds("knows of which attempt it is, what to do and with what", (quay) =>
    Effect.gen(function* () {
      const launcher = quay.launcher({ env: { FLOUR: "rye", SALT: "some" } })
      const more = { job: "bake", input: { loaves: 2 }, env: { FLOUR: "wheat" } }
      yield* launcher.launch(quay.at("env", more), () => {})
      const told = quay.read("artifacts/r/1/stdout").split("\n")
      expect(told).toEqual(
        expect.arrayContaining([
          "FLOUR=wheat",
          "SALT=some",
          "SIGNALBOX_ATTEMPT=1",
          'SIGNALBOX_INPUT={"loaves":2}',
          "SIGNALBOX_JOB=bake",
          "SIGNALBOX_RUN=r"
        ])
      )
    })
  )

  holds("that takes no notice of being stopped is killed when its time is over", (quay) =>
    Effect.gen(function* () {
      const launcher = quay.launcher({ terminateGraceMs: 0 })
      const deaf = "trap '' TERM; echo started >> /shelf/r.starts; while true; do sleep 0.02; done"
      const { launch, assignment } = yield* begin(quay, launcher, quay.at(deaf))
      const end = { _tag: "Exited", code: 137, signal: "SIGKILL" }
      expect(yield* launcher.stop(assignment)).toMatchObject(end)
      expect(yield* Fiber.join(launch)).toMatchObject(end)
    })
  )

  const kept = { none: [], failed: ["bad"], all: ["good", "bad"] } as const
  for (const keep of ["none", "failed", "all"] as const)
    holds(`is removed when its end is recorded, if it is not to stay (keep: ${keep})`, (quay) =>
      Effect.gen(function* () {
        const launcher = quay.launcher({ keep })
        const runs = { good: "succeed", bad: "fail" } as const
        for (const [id, work] of Object.entries(runs)) {
          const assignment = assignmentOf(quay.spec(id, work))
          yield* launcher.launch(assignment, () => {})
          expect(yield* quay.shown(id)).toBeDefined()
          launcher.forget(assignment)
          const stays = (kept[keep] as ReadonlyArray<string>).includes(id)
          while (!stays && (yield* quay.shown(id)) !== undefined) yield* Effect.sleep(1)
        }
        const left = (yield* Effect.forEach(["good", "bad"], (id) => quay.shown(id))).filter(Boolean)
        expect(left).toHaveLength(kept[keep].length)
      })
    )
})
