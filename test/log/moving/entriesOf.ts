import type { Row } from "../../../src/log/codec.ts"
import { toRow } from "../../../src/log/codec.ts"
import type { Entry } from "../../../src/log/EventLog.ts"
import { eventHash, firstPrevious } from "../../../src/log/eventHash.ts"
import type { Event } from "../../../src/queue/Event.ts"

/** Rows with the hashes that follow from them, as a store has them. */
export const chainOf = (rows: ReadonlyArray<Row>): ReadonlyArray<Entry> => {
  let hash = firstPrevious
  return rows.map((row) => {
    hash = eventHash(hash, row)
    return { row, hash }
  })
}

/** What a store has of these events. */
export const entriesOf = (events: ReadonlyArray<Event>): ReadonlyArray<Entry> => chainOf(events.map(toRow))

/** Entries as plain values that can be compared, whatever kind of bytes their hashes are. */
export const plain = (entries: ReadonlyArray<Entry>) =>
  entries.map(({ row, hash }) => ({ row: [...row], hash: Buffer.from(hash).toString("hex") }))
