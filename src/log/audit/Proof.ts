/**
 * Proofs that need no log: that an event stands in the log of a checkpoint, or that the log of a later checkpoint only
 * adds to that of an earlier one. As JSON, with hashes in Base64.
 */
import * as Schema from "effect/Schema"
import type { Entry } from "../EventLog.ts"
import { canonicalEvent, firstPrevious, textHash } from "../eventHash.ts"
import type { Checkpoint } from "./Checkpoint.ts"
import {
  consistencyProof,
  inclusionProof,
  leafHash,
  verifyConsistency,
  verifyInclusion
} from "./MerkleTree.ts"
import { readBase64 } from "./signedNote.ts"

const Hash = Schema.String.check(
  Schema.makeFilter((text) => readBase64(text)?.length === 32, { message: "a hash is 32 bytes in Base64" })
)
const Count = Schema.Int.check(Schema.isGreaterThanOrEqualTo(0))

/** That an event is one of the log of a checkpoint. `event` is its canonical text, `previous` the hash before it. */
const Inclusion = Schema.TaggedStruct("Inclusion", {
  position: Count,
  size: Count,
  event: Schema.String,
  previous: Hash,
  path: Schema.Array(Hash)
})

/** That the first `oldSize` events of a log are the log of an earlier checkpoint. */
const Consistency = Schema.TaggedStruct("Consistency", {
  oldSize: Count,
  newSize: Count,
  path: Schema.Array(Hash)
})

/** What proves something of a log to who has only its checkpoints. */
export const Proof = Schema.Union([Inclusion, Consistency])
export type Proof = typeof Proof.Type

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64")
const bytesOf = (text: string): Uint8Array => readBase64(text) ?? new Uint8Array()

const leavesOf = (entries: ReadonlyArray<Entry>) => {
  const leaves = entries.map(({ hash }) => leafHash(hash))
  return (index: number): Uint8Array => leaves[index] ?? new Uint8Array()
}

/** Proves that the event at a position is in the log of these entries, the first of them the log's first. */
export const proveInclusion = (entries: ReadonlyArray<Entry>, position: number): Proof | undefined => {
  const entry = entries[position - 1]
  if (!entry) return undefined
  const size = entries.length
  return {
    _tag: "Inclusion",
    position,
    size,
    event: canonicalEvent(entry.row),
    previous: base64(entries[position - 2]?.hash ?? firstPrevious),
    path: inclusionProof(leavesOf(entries), position - 1, size).map(base64)
  }
}

/** Proves that the log of the first `oldSize` of these entries is the beginning of the log of them all. */
export const proveConsistency = (entries: ReadonlyArray<Entry>, oldSize: number): Proof => {
  const newSize = entries.length
  const path = consistencyProof(leavesOf(entries), oldSize, newSize).map(base64)
  return { _tag: "Consistency", oldSize, newSize, path }
}

/** Whether the proof proves what it says of these checkpoints: the one of the log, and for consistency an earlier one. */
export const isProven = (
  proof: Proof,
  { size, root }: Checkpoint,
  earlier: Checkpoint | undefined
): boolean => {
  const path = proof.path.map(bytesOf)
  if (proof._tag === "Inclusion") {
    const leaf = leafHash(textHash(bytesOf(proof.previous), proof.event))
    const isOfThis = proof.size === size && proof.position >= 1 && positionOf(proof.event) === proof.position
    return isOfThis && verifyInclusion({ leaf, index: proof.position - 1, size, root, proof: path })
  }
  if (!earlier || proof.oldSize !== earlier.size || proof.newSize !== size) return false
  const older = { oldSize: earlier.size, oldRoot: earlier.root }
  return verifyConsistency({ ...older, newSize: size, newRoot: root, proof: path })
}

/** The position that the text of an event says; undefined if it is no text of an event. */
const positionOf = (event: string): unknown => {
  try {
    return (JSON.parse(event) as { readonly position?: unknown }).position
  } catch {
    return undefined
  }
}
