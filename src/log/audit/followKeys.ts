/**
 * Which key signs the checkpoints of a log at which size. A key is followed by another where it has signed, as its last
 * checkpoint, one that names the other in an extension line: `signalbox-audit-key name+id+base64`. The log records such
 * notes (`AuditKeySet`), and they can be passed on without it: whoever trusts one key can follow them to the next.
 *
 * The size of its last checkpoint ends a key's time. Because each note names a later size than the one before, an old
 * note that is played again counts for nothing; nor does one by a key whose time has ended.
 */
import { type Checkpoint, decodeCheckpoint, openCheckpoint, signedCheckpoint } from "./Checkpoint.ts"
import { type NoteKey, openNote, parseNote, readVerifierKey, verifierKey } from "./signedNote.ts"

/** What an `AuditKeySet` says. */
export interface AuditKey {
  /** A verifier key. */
  readonly key: string
  /** The last checkpoint of the key before it. */
  readonly note?: string
}

/** A key, and the sizes of the checkpoints that it may have signed: more than `after`, at most `upTo`. */
export interface KeyTerm {
  readonly key: NoteKey
  readonly after: number
  readonly upTo: number
}

const extension = "signalbox-audit-key "

/** Signs the last checkpoint of a key, which names the next. Throws an `Error` where the two are of different logs. */
export const signedSuccession = (
  { size, root }: Pick<Checkpoint, "size" | "root">,
  outgoing: NoteKey,
  next: NoteKey
): string => {
  if (outgoing.name !== next.name) {
    throw new Error(`a log has one name: the key of ${outgoing.name} is not followed by one of ${next.name}`)
  }
  const extensions = [`${extension}${verifierKey(next)}`]
  return signedCheckpoint({ origin: outgoing.name, size, root, extensions }, [outgoing])
}

/** The last checkpoint of `outgoing`, if the note is that and names the key; nothing otherwise. */
const successionIn = ({ key, note }: AuditKey, outgoing: NoteKey): Checkpoint | undefined => {
  if (note === undefined) return undefined
  try {
    const checkpoint = openCheckpoint(note, outgoing.name, [outgoing])
    return checkpoint.extensions.includes(`${extension}${key}`) ? checkpoint : undefined
  } catch {
    return undefined
  }
}

const nextKey = (key: string, name: string): NoteKey | undefined => {
  try {
    const next = readVerifierKey(key)
    return next.name === name && !next.isWitness ? next : undefined
  } catch {
    return undefined
  }
}

/** The keys that follow from the one that is trusted, in order, as far as these notes lead. */
export const followKeys = (trusted: NoteKey, recorded: ReadonlyArray<AuditKey>): ReadonlyArray<KeyTerm> => {
  const terms: Array<KeyTerm> = []
  let [key, after] = [trusted, 0]
  for (const one of recorded) {
    const succession = successionIn(one, key)
    const next = nextKey(one.key, trusted.name)
    const isFirst = terms.length === 0
    if (!succession || !next || (!isFirst && succession.size <= after)) continue
    terms.push({ key, after: isFirst ? -1 : after, upTo: succession.size })
    ;[key, after] = [next, succession.size]
  }
  return [...terms, { key, after: terms.length === 0 ? -1 : after, upTo: Number.MAX_SAFE_INTEGER }]
}

/** A key by its name and its id. */
export const nameOf = ({ name, id }: NoteKey): string => `${name}+${id}`

/** Who must have signed it besides. */
export interface Witnessing {
  readonly witnesses?: ReadonlyArray<NoteKey>
}

/**
 * The checkpoint in a note, if the key whose time it was has signed it, and all of these witnesses. Throws an `Error`
 * that says what is wrong otherwise.
 */
export const openAuditCheckpoint = (
  note: string,
  terms: ReadonlyArray<KeyTerm>,
  { witnesses = [] }: Witnessing = {}
): Checkpoint => {
  const { text, signatures } = parseNote(note)
  const { size } = decodeCheckpoint(text)
  const term = terms.find(({ after, upTo }) => size > after && size <= upTo)
  if (!term) throw new Error(`no key is known for a checkpoint of ${size} events`)
  const hasSigned = ({ name, id }: NoteKey) =>
    signatures.some((signature) => signature.name === name && signature.id === id)
  const other = terms.find(({ key }) => hasSigned(key))
  if (other && !hasSigned(term.key)) {
    throw new Error(
      `the checkpoint of ${size} events is signed by ${nameOf(other.key)}, and at that size the key was ${nameOf(term.key)}`
    )
  }
  const checkpoint = openCheckpoint(note, term.key.name, [term.key])
  const missing = witnesses.filter((witness) => !hasSigned(witness))
  if (missing.length > 0) throw new Error(`it is not cosigned by ${missing.map(nameOf).join(", ")}`)
  if (witnesses.length > 0) openNote(note, witnesses)
  return checkpoint
}
