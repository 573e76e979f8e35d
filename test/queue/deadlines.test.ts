import { expect, it } from "vitest"
import { submit, under } from "./commands.ts"

it("a run that is put behind the others keeps a deadline that falls on the moment of the old one", () => {
  const timeouts = { startMs: null, runtimeMs: 1_000, cancelMs: 5_000, queueMs: 5_000 }
  const world = under({ timeouts })
  world.turn(submit("a", { retry: [{ max: 9 }] }), submit("b", { retry: [{ max: 9 }] }))
  const tell = (run: string) => ({ run, attempt: 1 })
  world.turn(...["a", "b"].map((run) => ({ _tag: "ReportStarted", ...tell(run) }) as const))
  world.now += 1_000
  world.turn()
  const stopped = { _tag: "Terminated", message: "stopped" } as const
  for (const run of ["a", "b"]) world.turn({ _tag: "ReportEnded", ...tell(run), outcome: stopped })
  expect(["a", "b"].map((run) => world.queue.run(run).attempt)).toEqual([2, 2])
})
