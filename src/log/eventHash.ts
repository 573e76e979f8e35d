/**
 * The chain of events: the hash of each covers the one before it, so that no event can be changed, left out, put in
 * or moved without changing every hash after it.
 */
import { hash } from "node:crypto"
import { canonicalString } from "./canonicalJson.ts"
import type { Row } from "./codec.ts"

/** What stands for the hash of an event before the first: 32 zero bytes. */
export const firstPrevious: Uint8Array = new Uint8Array(32)

const quoted = (column: string, text: string | null): string =>
  text === null ? "null" : canonicalString(text, [column])

/**
 * The text of an event that is hashed: its canonical JSON (RFC 8785), with data that is canonical already. No two
 * rows have the same text, whatever stands in their data. Throws an `Error` if a column is text that UTF-8 cannot hold.
 */
export const canonicalEvent = (row: Row): string => {
  const [position, turn, at, type, version, run, actor, cause, epoch, data] = row
  return (
    `{"actor":${quoted("actor", actor)},"at":${at},"cause":${quoted("cause", cause)},"data":${data},"epoch":${epoch}` +
    `,"position":${position},"run":${quoted("run", run)},"turn":${turn},"type":${quoted("type", type)},"version":${version}}`
  )
}

/** Where most events are laid out to be hashed: room that is used again costs less than room that is asked for. */
const room = Buffer.alloc(16_384)

/** UTF-8 takes at most so many bytes for one UTF-16 code unit. */
const bytesMax = 3

/** SHA-256 over the hash of the event before (`firstPrevious` if there is none) and the UTF-8 of an event's text. */
export const eventHash = (previous: Uint8Array, text: string): Uint8Array => {
  if (previous.length !== firstPrevious.length) {
    throw new Error(`the hash of the event before has ${previous.length} bytes, not ${firstPrevious.length}`)
  }
  const most = previous.length + bytesMax * text.length
  const bytes = most <= room.length ? room : Buffer.alloc(most)
  bytes.set(previous)
  const end = previous.length + bytes.write(text, previous.length)
  // One byte a character: Node makes a text of these sooner than a buffer, and that of the text.
  return Buffer.from(hash("sha256", bytes.subarray(0, end), "latin1"), "latin1")
}
