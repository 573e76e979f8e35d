import assert from "node:assert/strict"
import { DatabaseSync } from "node:sqlite"
import { it } from "@effect/vitest"
import fc from "fast-check"
import { fromRow, type Row, toRow } from "../../src/log/codec.ts"
import { arbitraryEvent } from "./arbitraryEvent.ts"

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
