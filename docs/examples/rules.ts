import { deepStrictEqual as expect } from "node:assert"
import {
  type Command,
  defaultPolicy,
  defaultRetries,
  type Outcome,
  type Policy,
  RunQueue,
  turn
} from "signalbox"

// #region desk
const submit = (id: string, tags: Readonly<Record<string, string>> = {}, priority = 0): Command => ({
  _tag: "SubmitRun",
  spec: { id, job: "work", tags, priority }
})
const end = (run: string, attempt = 1, outcome: Outcome = { _tag: "Succeeded" }): Command => ({
  _tag: "ReportEnded",
  run,
  attempt,
  outcome
})

/** A queue on the desk: no coordinator, no log, and a clock that says what it is told. */
const desk = (policy: Partial<Policy>) => {
  const queue = new RunQueue()
  let asked = 0
  /** One turn at that moment, in seconds; answers whom it lets start. */
  const at = (second: number, ...commands: ReadonlyArray<Command>) => {
    const named = commands.map((command) => ({ id: `c${++asked}`, actor: "me", command }))
    const { events } = turn(queue, named, second * 1000)
    return events.flatMap(({ type, run }) => (type === "RunAdmitted" ? [run] : []))
  }
  at(0, { _tag: "StartCoordinator", epoch: 1, software: "", host: "", pid: 1, admits: true })
  at(0, { _tag: "SetPolicy", policy: { ...defaultPolicy, maxConcurrentRuns: null, ...policy } })
  return at
}
// #endregion

{
  // #region rate
  // Each host is called once in ten seconds; after a rest, twice at once.
  const at = desk({ rateLimits: [{ key: "host", each: true, limit: 1, periodMs: 10_000, burst: 2 }] })
  const x = { host: "x" }
  expect(at(0, submit("a", x), submit("b", x), submit("c", x), submit("d", { host: "y" })), ["a", "b", "d"])
  expect(at(9), [])
  expect(at(10), ["c"])
  // #endregion
}
{
  // #region together
  // A run takes all that it needs, or nothing: `b` waits for the disk and uses up no start of the rate.
  const tagLimits = [{ key: "disk", limit: 1 }]
  const at = desk({ tagLimits, rateLimits: [{ limit: 1, periodMs: 60_000 }] })
  expect(at(0, submit("a", { disk: "1" })), ["a"])
  expect(at(60, submit("b", { disk: "1" }), submit("c")), ["c"])
  expect(at(120, end("a")), ["b"])
  // #endregion
}
{
  // #region aging
  // One step of priority is worth a minute: `low` is passed by `soon`, and not by `late`.
  const at = desk({ maxConcurrentRuns: 1, agingMs: 60_000 })
  expect(at(0, submit("a"), submit("low")), ["a"])
  at(59, submit("soon", {}, 1))
  at(60, submit("late", {}, 1))
  expect(at(61, end("a")), ["soon"])
  expect(at(62, end("soon")), ["low"])
  // #endregion
}
{
  // #region share
  // Team red weighs three times as much as others, and had its runs in line first.
  const at = desk({ maxConcurrentRuns: 4, fairShare: { key: "team", weights: { red: 3 } } })
  const red = [1, 2, 3, 4, 5].map((nth) => submit(`red${nth}`, { team: "red" }))
  const blue = [1, 2].map((nth) => submit(`blue${nth}`, { team: "blue" }))
  expect(at(0, ...red, ...blue), ["red1", "red2", "red3", "blue1"])
  expect(at(1, end("blue1")), ["blue2"])
  // Nobody else wants the slot: it does not stand idle.
  expect(at(2, end("blue2")), ["red4"])
  // #endregion
}
{
  // #region strict
  // Nothing passes `b`, which waits for the disk.
  const at = desk({ tagLimits: [{ key: "disk", limit: 1 }], strict: true })
  expect(at(0, submit("a", { disk: "1" }), submit("b", { disk: "1" }), submit("c")), ["a"])
  expect(at(1, end("a")), ["b", "c"])
  // #endregion
}
{
  // #region inOrder
  // Of each customer one run at a time, in the order in which they came.
  const at = desk({ inOrderBy: ["customer"], tagLimits: [{ key: "customer", each: true, limit: 1 }] })
  const of = (customer: string) => ({ customer })
  expect(at(0, submit("a1", of("a")), submit("a2", of("a")), submit("b1", of("b"))), ["a1", "b1"])
  expect(at(1, end("a1")), ["a2"])
  // #endregion
}
{
  // #region reserve
  // `heavy` needs two slots that light runs hold in turn. After a minute, what comes free is kept for it.
  const tagLimits = ["cpu", "disk"].map((key) => ({ key, limit: 1 }))
  const at = desk({ tagLimits, reserveAfterMs: 60_000 })
  const [cpu, disk] = [{ cpu: "1" }, { disk: "1" }]
  at(0, submit("cpu1", cpu), submit("disk1", disk), submit("heavy", { ...cpu, ...disk }))
  expect(at(30, end("cpu1"), submit("cpu2", cpu)), ["cpu2"])
  expect(at(60, end("cpu2"), submit("cpu3", cpu)), [])
  expect(at(61, end("disk1")), ["heavy"])
  // #endregion
}
{
  // #region retry
  // A crash of the service (exit code 75) is tried again three times, after 10, 20 and 40 seconds; a lost worker at once.
  const at = desk({
    maxConcurrentRuns: 1,
    retries: {
      ...defaultRetries,
      rules: [
        { causes: ["Exited"], exitCodes: [75], max: 3, delayMs: 10_000 },
        { causes: ["WorkerLost"], max: 5, place: "same" }
      ]
    }
  })
  expect(at(0, submit("a"), submit("b")), ["a"])
  // `a` gives its slot to `b` while it waits, and stands behind who came meanwhile.
  expect(at(1, submit("c"), end("a", 1, { _tag: "Exited", code: 75 })), ["b"])
  expect(at(20, end("b")), ["c"])
  expect(at(21, end("c")), ["a"])
  expect(at(22, end("a", 2, { _tag: "Exited", code: 75 })), [])
  expect(at(41), [])
  expect(at(42), ["a"])
  // Any other exit code fits no rule: the run has failed.
  expect(at(43, end("a", 3, { _tag: "Exited", code: 1 })), [])
  expect(at(1000), [])
  // #endregion
}
