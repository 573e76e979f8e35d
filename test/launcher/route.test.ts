import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { makeInlineLauncher } from "../../src/launcher/InlineLauncher.ts"
import { route } from "../../src/launcher/route.ts"
import { Attempts } from "./Attempts.ts"
import { assignmentOf } from "./assignment.ts"

it.live(
  "a run goes to the launcher that was settled for it; else one with a command is a process, any other a function",
  () =>
    Effect.gen(function* () {
      const attempts = yield* Attempts.make()
      const inline = makeInlineLauncher({ bake: () => "bread" }, attempts.folder)
      const both = route({ inline, process: attempts.launcher })
      const job = assignmentOf({ id: "r", job: "bake" })
      const command = assignmentOf({ id: "s", job: "bake", command: "exit 3" })
      expect(yield* both.launch(job, () => {})).toEqual({ _tag: "Succeeded", result: "bread" })
      expect(yield* both.launch(command, () => {})).toEqual({ _tag: "Exited", code: 3 })
      expect(yield* both.stop(job)).toEqual({ _tag: "Succeeded", result: "bread" })
      expect(yield* both.stop(command)).toEqual({ _tag: "Exited", code: 3 })
      const nowhere = { ...assignmentOf({ id: "t", job: "bake" }), launcher: "moon" }
      const message = "there is no launcher moon here; there are: inline, process"
      expect(yield* both.launch(nowhere, () => {})).toEqual({ _tag: "LaunchRefused", message })
      expect(yield* both.stop({ ...nowhere, recovered: true })).toEqual({ _tag: "WorkerLost", message })
      both.forget(nowhere)
      const named = { ...assignmentOf({ id: "u", job: "bake", command: "exit 3" }), launcher: "inline" }
      expect(yield* both.launch(named, () => {})).toEqual({ _tag: "Succeeded", result: "bread" })
      both.forget(job)
      expect(yield* both.launch({ ...job, recovered: true }, () => {})).toMatchObject({ _tag: "WorkerLost" })
    })
)
