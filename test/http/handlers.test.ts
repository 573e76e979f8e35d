import { describe, expect, it } from "vitest"
import { withKey } from "../../src/http/handlers.ts"

const submit = (id: string, idempotencyKey?: string) => ({
  _tag: "SubmitRun" as const,
  spec: { id, job: "work" },
  ...(idempotencyKey !== undefined && { idempotencyKey })
})
const cancel = { _tag: "CancelRun", run: "a" } as const

describe("a request with an Idempotency-Key", () => {
  it.each(['"8e03978e"', "8e03978e"])("gives it to the run that it submits, written as %s", (header) => {
    expect(withKey([submit("a")], { "idempotency-key": header })).toEqual([submit("a", "8e03978e")])
  })

  it("that submits several gives each its own, as does the same request again", () => {
    const commands = [submit("a"), cancel, submit("b")]
    expect(withKey(commands, { "idempotency-key": '"k"' })).toEqual([
      submit("a", "k#1"),
      cancel,
      submit("b", "k#3")
    ])
  })

  it("leaves a run the key that it has", () => {
    expect(withKey([submit("a", "own")], { "idempotency-key": "k" })).toEqual([submit("a", "own")])
  })

  it.each([{}, { "idempotency-key": "" }, { "idempotency-key": '""' }])(
    "is one only where it says so: %j",
    (headers) => {
      expect(withKey([submit("a")], headers)).toEqual([submit("a")])
    }
  )
})
