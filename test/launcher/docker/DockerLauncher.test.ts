import { mkdirSync } from "node:fs"
import { join } from "node:path"
import { describe, expect } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { assignmentOf } from "../assignment.ts"
import { launcherContract } from "../LauncherContract.ts"
import { image } from "./ContainerEngine.ts"
import { begin, engine, holds } from "./holds.ts"
import { Quay } from "./Quay.ts"

if (engine) {
  launcherContract(
    "containers",
    Effect.map(Quay.make(engine), (quay) => quay.workshop),
    ["kill", "forget", "blind"]
  )
}

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
