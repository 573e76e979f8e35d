import assert from "node:assert/strict"
import { DatabaseSync } from "node:sqlite"
import { expect, it } from "@effect/vitest"
import fc from "fast-check"
import { canonicalJson } from "../../src/log/canonicalJson.ts"
import { fromRow, type Row, toRow } from "../../src/log/codec.ts"
import type { Event } from "../../src/queue/Event.ts"
import { arbitraryEvent } from "./arbitraryEvent.ts"

it("the data of an event is canonical wherever it can be, in whatever order its keys were", () => {
  fc.assert(
    fc.property(arbitraryEvent, (event) => {
      const text = toRow(event)[9]
      const plain = JSON.stringify(event.data)
      // What has no canonical text, since it holds half a character, is written as it is.
      if (plain.isWellFormed() && !/\\ud[89a-f]/i.test(plain)) expect(text).toBe(canonicalJson(event.data))
      else expect(JSON.parse(text)).toEqual(event.data)
    }),
    { numRuns: 2_000 }
  )
})

it("an event comes back from its row exactly as it was, even if SQLite kept each column", () => {
  const keep = new DatabaseSync(":memory:").prepare("SELECT ?, ?, ?, ?, ?, ?, ?, ?, ?, ?")
  keep.setReturnArrays(true)
  fc.assert(
    fc.property(arbitraryEvent, (event) => {
      const row = keep.get(...toRow(event)) as unknown as Row
      assert.deepEqual(fromRow("runs.db", row), event)
    }),
    { numRuns: 2_000 }
  )
})

it("fields that only a later version knows hinder nobody: all others are read as ever", () => {
  fc.assert(
    fc.property(arbitraryEvent, fc.jsonValue(), (event, later) => {
      const row = toRow({ ...event, data: { ...event.data, later } } as Event)
      const { data, ...envelope } = fromRow("runs.db", row)
      const { later: _, ...known } = data as Record<string, unknown>
      assert.deepEqual({ ...envelope, data: known }, event)
    }),
    { numRuns: 1_000 }
  )
})
