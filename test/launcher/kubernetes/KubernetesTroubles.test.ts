import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import type * as Scope from "effect/Scope"
import { launchersIn } from "../../../src/cli/launchersIn.ts"
import type { Launcher } from "../../../src/launcher/Launcher.ts"
import { assignmentOf, Ear } from "../assignment.ts"
import { heardStart } from "../Workshop.ts"
import { Yard } from "./Yard.ts"

const holds = (title: string, body: (yard: Yard) => Effect.Effect<void, unknown, Scope.Scope>) =>
  it.live(title, () => Effect.flatMap(Yard.make, body))

const begin = Effect.fnUntraced(function* (
  launcher: Launcher["Service"],
  assignment: Yard["at"] extends (...given: never) => infer A ? A : never
) {
  const ear = yield* Ear.make
  const launch = yield* Effect.forkChild(launcher.launch(assignment, ear.tell))
  yield* heardStart(ear)
  return { ear, launch }
})

describe("another coordinator", () => {
  holds("finds the job, and learns its end", (yard) =>
    Effect.gen(function* () {
      const { launch } = yield* begin(yard.launcher(), yard.at("wait"))
      yield* Fiber.interrupt(launch)
      const later = { ...yard.at("wait"), recovered: true }
      const again = yield* begin(yard.launcher(), later)
      yield* yard.finish("r")
      expect(yield* Fiber.join(again.launch)).toEqual({ _tag: "Succeeded" })
      expect(yield* yard.launcher().launch(later, () => {})).toEqual({ _tag: "Succeeded" })
      expect(yard.starts("r")).toBe(1)
    })
  )

  holds("does not start what was stopped before it started", (yard) =>
    Effect.gen(function* () {
      const stopped = yield* yard.launcher().stop(yard.at("succeed"))
      const later = { ...yard.at("succeed"), recovered: true }
      expect(yield* yard.launcher().launch(later, () => {})).toEqual(stopped)
      expect(yield* yard.launcher().stop(later)).toEqual(stopped)
      expect(yard.starts("r")).toBe(0)
    })
  )

  holds("waits for a cluster that is away, and tells so", (yard) =>
    Effect.gen(function* () {
      yard.cluster.isBlind = true
      const ear = yield* Ear.make
      const later = { ...yard.at("succeed"), recovered: true }
      const launch = yield* Effect.forkChild(yard.launcher().launch(later, ear.tell))
      expect(yield* ear.next).toMatchObject({ _tag: "Health", healthy: false, transient: true })
      yard.cluster.isBlind = false
      expect(yield* ear.next).toEqual({ _tag: "Health", healthy: true })
      expect(yield* Fiber.join(launch)).toEqual({ _tag: "Succeeded" })
      expect(yard.starts("r")).toBe(1)
    })
  )
})

describe("a configuration file", () => {
  holds("has its launcher do as its keys say", (yard) =>
    Effect.gen(function* () {
      const said = { kubeconfig: yard.kubeconfig, box: "yard", image: "busybox:1", env_secrets: ["salt"] }
      const pod = { pod_spec: { nodeSelector: { oven: "hot" } }, service_account: "baker" }
      const times = { ttl_seconds: 60, terminate_grace_seconds: 5 }
      const { kubernetes } = yield* launchersIn({ kubernetes: { ...said, ...pod, ...times } }, yard.folder)
      expect(yield* kubernetes?.launch(yard.at("succeed"), () => {}) ?? Effect.void).toEqual({
        _tag: "Succeeded"
      })
      const { spec } = yard.cluster.things.jobs.get(yard.nameOf("r")) ?? {}
      expect(spec).toMatchObject({ ttlSecondsAfterFinished: 60, backoffLimit: 0 })
      expect(spec.template.spec).toMatchObject({
        nodeSelector: { oven: "hot" },
        serviceAccountName: "baker",
        terminationGracePeriodSeconds: 5,
        restartPolicy: "Never",
        containers: [{ image: "busybox:1", envFrom: [{ secretRef: { name: "salt" } }] }]
      })
    })
  )

  holds("that names no cluster is refused, in a sentence", (yard) =>
    Effect.gen(function* () {
      const said = { kubeconfig: yard.kubeconfig, context: "none" }
      const { message } = yield* Effect.flip(launchersIn({ kubernetes: said }, yard.folder))
      expect(message).toBe("the launchers of the configuration: there is no cluster of the context none")
    })
  )
})

describe("a cluster", () => {
  holds("that is not there takes no run, and may later", (yard) =>
    Effect.gen(function* () {
      const launcher = yard.launcher()
      yield* Effect.promise(() => yard.cluster.close())
      expect(yield* launcher.launch(yard.at("succeed"), () => {})).toMatchObject({
        _tag: "LaunchUnreachable",
        message: expect.stringMatching(/^the cluster at http:.* does not answer: connect ECONNREFUSED/)
      })
    })
  )

  for (const trouble of ["drops", "loses"] as const)
    holds(`that ${trouble} the word that a job is to be made has it once`, (yard) =>
      Effect.gen(function* () {
        yard.cluster[trouble] = /^POST/
        expect(yield* yard.launcher().launch(yard.at("fail"), () => {})).toMatchObject({ _tag: "Exited" })
        expect(yard.cluster[trouble]).toBeUndefined()
        expect(yard.starts("r")).toBe(1)
      })
    )

  for (const [code, outcome] of [
    [403, "LaunchUnreachable"],
    [422, "LaunchRefused"],
    [429, "LaunchUnreachable"],
    [500, "LaunchUnreachable"]
  ] as const)
    holds(`that refuses a job with ${code} is told as ${outcome}, in its words`, (yard) =>
      Effect.gen(function* () {
        yard.cluster.refuses = { what: /^POST/, code, message: "exceeded quota: jobs" }
        const end = { _tag: outcome, message: "exceeded quota: jobs" }
        expect(yield* yard.launcher().launch(yard.at("succeed"), () => {})).toEqual(end)
        expect(yard.starts("r")).toBe(0)
      })
    )

  const troubles = {
    "ends its watches": (yard: Yard) => yard.cluster.endWatches(),
    "cuts its watches": (yard: Yard) => yard.cluster.cut(),
    "has forgotten what the watches had seen": (yard: Yard) => {
      yard.cluster.things.compact()
      yard.cluster.endWatches()
    },
    "forgets all but what its bookmarks say": (yard: Yard) => {
      yard.cluster.things.bookmark()
      yard.cluster.endWatches()
    }
  }
  for (const [what, trouble] of Object.entries(troubles))
    holds(`that ${what} is followed on`, (yard) =>
      Effect.gen(function* () {
        const { launch } = yield* begin(yard.launcher(), yard.at("wait"))
        trouble(yard)
        yield* yard.finish("r")
        expect(yield* Fiber.join(launch)).toEqual({ _tag: "Succeeded" })
      })
    )
})

describe("a pod", () => {
  holds("that cannot start says why", (yard) =>
    Effect.gen(function* () {
      const { things } = yard.cluster
      const waiting = { reason: "ImagePullBackOff", message: "Back-off pulling image" }
      things.isAdmitting = false
      things.obstacle = { containerStatuses: [{ name: "run", state: { waiting } }] }
      const ear = yield* Ear.make
      const launch = yield* Effect.forkChild(yard.launcher().launch(yard.at("succeed"), ear.tell))
      const told = { _tag: "Progress", message: "ImagePullBackOff: Back-off pulling image" }
      let report = yield* ear.next
      while (report._tag === "Accepted") report = yield* ear.next
      expect(report).toEqual(told)
      things.admit()
      expect(yield* Fiber.join(launch)).toEqual({ _tag: "Succeeded" })
    })
  )

  const ends = {
    "that needs too much memory": [
      (yard: Yard) => yard.cluster.things.end(yard.podOf("r"), 137, { reason: "OOMKilled" }),
      { _tag: "Exited", code: 137, signal: "SIGKILL", reason: "out of memory" }
    ],
    "that is evicted": [
      (yard: Yard) =>
        yard.cluster.things.fail(yard.podOf("r"), { reason: "Evicted", message: "low on memory" }),
      { _tag: "Terminated", message: "Evicted: low on memory" }
    ]
  } as const
  for (const [what, [trouble, end]] of Object.entries(ends))
    holds(`${what} says so`, (yard) =>
      Effect.gen(function* () {
        const { launch } = yield* begin(yard.launcher(), yard.at("wait"))
        trouble(yard)
        expect(yield* Fiber.join(launch)).toEqual(end)
      })
    )

  holds("leaves what it has printed in a file, and the end of it in its outcome", (yard) =>
    Effect.gen(function* () {
      const outcome = yield* yard.launcher().launch(yard.at("fail"), () => {})
      expect(outcome).toEqual({ _tag: "Exited", code: 3, tail: "one\nno flour" })
      expect(yard.read("artifacts/r/1/stdout")).toBe("one\nno flour\n")
    })
  )
})

describe("a job", () => {
  holds("of another's is left alone, and its run is refused", (yard) =>
    Effect.gen(function* () {
      const { things } = yard.cluster
      things.createJob({ kind: "Job", metadata: { name: yard.nameOf("r") }, spec: { suspend: true } })
      const refused = { _tag: "LaunchRefused", message: expect.stringContaining("not of this attempt") }
      expect(yield* yard.launcher().launch(yard.at("succeed"), () => {})).toMatchObject(refused)
      expect(yield* yard.launcher().stop(yard.at("succeed"))).toMatchObject(refused)
      expect(things.jobs.get(yard.nameOf("r"))?.metadata.labels).toBeUndefined()
    })
  )

  const kept = { none: 0, failed: 1, all: 2 } as const
  for (const keep of ["none", "failed", "all"] as const)
    holds(`is removed when its end is recorded, if it is not to stay (keep: ${keep})`, (yard) =>
      Effect.gen(function* () {
        const launcher = yard.launcher({ keep })
        const { jobs } = yard.cluster.things
        for (const [id, work] of [
          ["good", "succeed"],
          ["bad", "fail"]
        ] as const) {
          const assignment = assignmentOf(yard.spec(id, work))
          yield* launcher.launch(assignment, () => {})
          launcher.forget(assignment)
        }
        while (jobs.size > kept[keep]) yield* Effect.sleep(1)
        expect(jobs.size).toBe(kept[keep])
      })
    )
})
