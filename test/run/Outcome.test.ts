import { expect, it } from "vitest"
import { describeCause, type FailureCause, type StopCause } from "../../src/run/Outcome.ts"

it.each<[FailureCause | StopCause, string]>([
  [{ _tag: "Exited", code: 3 }, "exited with code 3"],
  [{ _tag: "Exited", code: null, signal: "SIGKILL" }, "killed by SIGKILL"],
  [{ _tag: "Threw", message: "no such table" }, "threw: no such table"],
  [{ _tag: "WorkerLost", message: "no word" }, "worker lost: no word"],
  [{ _tag: "Terminated", message: "evicted" }, "stopped from outside: evicted"],
  [{ _tag: "LaunchRefused", message: "no such program" }, "launch refused: no such program"],
  [{ _tag: "LaunchUnreachable", message: "no route" }, "launcher unreachable: no route"],
  [{ _tag: "StartTimeout", limitMs: 5 }, "did not start within 5 ms"],
  [{ _tag: "RuntimeExceeded", limitMs: 5 }, "ran for longer than 5 ms"],
  [{ _tag: "Asked", reason: "typo" }, "typo"],
  [{ _tag: "Asked" }, "asked to stop"]
])("a cause is told in words: %j", (cause, words) => {
  expect(describeCause(cause)).toBe(words)
})
