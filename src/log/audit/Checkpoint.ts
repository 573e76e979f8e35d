/**
 * What a log is at one size, in three lines that can be signed: whose log it is, how many events it has, and the root
 * of their Merkle tree. This is the checkpoint of C2SP (https://c2sp.org/tlog-checkpoint), in a signed note.
 *
 * Checkpoints of this log have no extension lines, save the last one of a key, which names the next
 * (`followKeys.ts`). The last event's position is the size, since positions are dense,
 * and its hash is the last leaf below the root: said twice, the two could differ, and witnesses cannot check what
 * stands there. Those of others are read and kept.
 */
import { type NoteKey, openNote, readBase64, signedNote } from "./signedNote.ts"

/** What a log is at one size: which log, how many events, the root over all their hashes. */
export interface Checkpoint {
  /** Which log it is: best a URL without its scheme. */
  readonly origin: string
  /** How many leaves its tree has: the position of its last event. */
  readonly size: number
  /** The root hash of the tree, 32 bytes. */
  readonly root: Uint8Array
  /** Further lines, which mean nothing here. */
  readonly extensions: ReadonlyArray<string>
}

const rootBytes = 32

const refuse = (issue: string): never => {
  throw new Error(`this is no checkpoint: ${issue}`)
}

const sizeOf = (line: string): number => {
  if (!/^(0|[1-9][0-9]*)$/.test(line))
    refuse(`its size is ${JSON.stringify(line)}, not a plain decimal number`)
  const size = Number(line)
  return Number.isSafeInteger(size)
    ? size
    : refuse(`its size ${line} is more than ${Number.MAX_SAFE_INTEGER}`)
}

const rootOf = (line: string): Uint8Array => {
  const root = readBase64(line)
  if (!root) return refuse(`its root hash is ${JSON.stringify(line)}, which is not Base64`)
  return root.length === rootBytes ? root : refuse(`its root hash has ${root.length} bytes, not ${rootBytes}`)
}

/** Reads the text of a checkpoint, strictly. Throws an `Error` that says what is wrong with it. */
export const decodeCheckpoint = (text: string): Checkpoint => {
  if (!text.endsWith("\n")) refuse("its last line has no end")
  const [origin, size, root, ...extensions] = text.slice(0, -1).split("\n")
  if (origin === undefined || size === undefined || root === undefined) {
    return refuse("it needs a line each for origin, size and root hash")
  }
  if (origin === "") refuse("its origin is empty")
  if (extensions.includes("")) refuse("it has an empty line")
  return { origin, size: sizeOf(size), root: rootOf(root), extensions }
}

/** Writes the text of a checkpoint. Throws an `Error` if it could not be read again. */
export const encodeCheckpoint = ({ origin, size, root, extensions }: Checkpoint): string => {
  const lines = [origin, String(size), Buffer.from(root).toString("base64"), ...extensions]
  const broken = lines.find((line) => line.includes("\n"))
  if (broken !== undefined) refuse(`${JSON.stringify(broken)} is more than one line`)
  const text = `${lines.join("\n")}\n`
  decodeCheckpoint(text)
  return text
}

/** Signs a checkpoint with private keys of its log. Throws an `Error` if it is not one that can be signed. */
export const signedCheckpoint = (checkpoint: Checkpoint, keys: ReadonlyArray<NoteKey>): string =>
  signedNote(encodeCheckpoint(checkpoint), keys)

/**
 * The checkpoint in a note, if a key of the log has signed it and it is of the log that `origin` names. Throws an
 * `Error` that says what is wrong otherwise.
 */
export const openCheckpoint = (note: string, origin: string, keys: ReadonlyArray<NoteKey>): Checkpoint => {
  const checkpoint = decodeCheckpoint(openNote(note, keys).text)
  return checkpoint.origin === origin
    ? checkpoint
    : refuse(`it is of ${JSON.stringify(checkpoint.origin)}, not of ${JSON.stringify(origin)}`)
}
