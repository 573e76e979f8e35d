/**
 * The chain of events: the hash of each covers the one before it, so that no event can be changed, left out, put in
 * or moved without changing every hash after it.
 */
import { hash } from "node:crypto"
import { canonicalString } from "./canonicalJson.ts"
import type { Row } from "./codec.ts"

/** What stands for the hash of an event before the first: 32 zero bytes. */
export const firstPrevious: Uint8Array = new Uint8Array(32)

/** Throws where UTF-8 cannot hold a column's text. */
const check = (column: string, text: string | null): void => {
  if (text !== null && !text.isWellFormed()) canonicalString(text, [column])
}

/**
 * The canonical text of an event but its data, in two parts: what stands before it, with two characters more at its end, and
 * what stands behind it, with another first character than a comma. JavaScript's own text of few columns at once costs
 * less than many texts put together.
 */
const around = (row: Row): readonly [before: string, behind: string] => {
  const [position, turn, at, type, version, run, actor, cause, epoch] = row
  check("actor", actor)
  check("cause", cause)
  check("run", run)
  check("type", type)
  const before = JSON.stringify({ actor, at, cause, data: 0 })
  return [before, JSON.stringify({ epoch, position, run, turn, type, version })]
}

/**
 * The text of an event that is hashed: its canonical JSON (RFC 8785), with data that is canonical already. No two
 * rows have the same text, whatever stands in their data. Throws an `Error` if a column is text that UTF-8 cannot hold.
 */
export const canonicalEvent = (row: Row): string => {
  const [before, behind] = around(row)
  return `${before.slice(0, -2)}${row[9]},${behind.slice(1)}`
}

/** Where most events are laid out to be hashed: room that is used again costs less than room that is asked for. */
const usual = Buffer.alloc(16_384)

/** UTF-8 takes at most so many bytes for one UTF-16 code unit. */
const bytesMax = 3

/** Room for the hash of the event before, which stands in it already, and for a text of so many UTF-16 code units. */
const roomAfter = (previous: Uint8Array, length: number): Buffer => {
  if (previous.length !== firstPrevious.length) {
    throw new Error(`the hash of the event before has ${previous.length} bytes, not ${firstPrevious.length}`)
  }
  const most = previous.length + bytesMax * length
  const room = most <= usual.length ? usual : Buffer.alloc(most)
  room.set(previous)
  return room
}

/** One byte a character: Node makes a text of these sooner than a buffer, and that of the text. */
const sha256 = (room: Buffer, end: number): Uint8Array =>
  Buffer.from(hash("sha256", room.subarray(0, end), "latin1"), "latin1")

/** SHA-256 over the hash of the event before (`firstPrevious` if there is none) and the UTF-8 of an event's text. */
export const textHash = (previous: Uint8Array, text: string): Uint8Array => {
  const room = roomAfter(previous, text.length)
  return sha256(room, previous.length + room.write(text, previous.length))
}

const comma = 0x2c

/**
 * `textHash` of the canonical text of an event, which is laid out in its parts and never put together: that halves what it
 * costs. Throws as `canonicalEvent` does.
 */
export const eventHash = (previous: Uint8Array, row: Row): Uint8Array => {
  const data = row[9]
  const [before, behind] = around(row)
  const room = roomAfter(previous, before.length + data.length + behind.length)
  let end = previous.length
  end += room.write(before, end) - 2
  end += room.write(data, end)
  const rest = end
  end += room.write(behind, end)
  room[rest] = comma
  return sha256(room, end)
}
