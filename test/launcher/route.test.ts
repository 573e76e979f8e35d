import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { makeInlineLauncher } from "../../src/launcher/InlineLauncher.ts"
import { route } from "../../src/launcher/route.ts"
import { Attempts } from "./Attempts.ts"
import { assignmentOf } from "./assignment.ts"

it.live("a run with a command is a process, even if it names a job; any other is a function", () =>
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
    both.forget(job)
    expect(yield* both.launch({ ...job, recovered: true }, () => {})).toMatchObject({ _tag: "WorkerLost" })
  })
)
