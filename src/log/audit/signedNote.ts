/**
 * Text with signatures below it, as C2SP specifies it (https://c2sp.org/signed-note): readable by people, and checked
 * by any tool of the transparency logs. Keys are Ed25519: those of logs sign the text (signature type 0x01), those of
 * witnesses the text and when they saw it (0x04, https://c2sp.org/tlog-cosignature).
 *
 * Signatures of keys that are not known are kept and ignored: that is how keys are replaced, and how witnesses sign.
 */
import { createPublicKey, hash, type KeyObject, sign, verify } from "node:crypto"

/** A key by which notes are signed, if it is private, or checked. */
export interface NoteKey {
  /** Whose key it is: best a URL without its scheme; no spaces and no plus. */
  readonly name: string
  /** Tells the keys of one name apart: four bytes in hexadecimal. */
  readonly id: string
  readonly key: KeyObject
  /** Whether it is a witness's, whose signatures say when they were made. */
  readonly isWitness: boolean
}

/** A line below a note, as it claims to be. */
interface NoteSignature {
  readonly name: string
  readonly id: string
  readonly bytes: Uint8Array
}

/** A note whose signatures have not been checked: its text means nothing yet. */
interface ParsedNote {
  readonly text: string
  readonly signatures: ReadonlyArray<NoteSignature>
}

/** A note that was signed by known keys. */
interface OpenedNote {
  readonly text: string
  /** The known keys that signed it, each once. */
  readonly signedBy: ReadonlyArray<NoteKey>
  /** The signatures of keys that are not known, of which nothing is known either. */
  readonly others: ReadonlyArray<NoteSignature>
}

const ed25519 = 0x01
const cosignature = 0x04
const timestampBytes = 8
const publicKeyBytes = 32
const idBytes = 4
/** Well over the 16 that every verifier must accept. */
const signaturesMax = 100

/** The bytes of a text in Base64 (RFC 4648, section 4), or nothing if it is not exactly how they are written. */
export const readBase64 = (text: string): Uint8Array | undefined => {
  const bytes = Buffer.from(text, "base64")
  return bytes.toString("base64") === text ? bytes : undefined
}

const isControl = (character: string): boolean => character < " " && character !== "\n"

const checkText = (text: string): void => {
  if (!text.isWellFormed() || [...text].some(isControl)) {
    throw new Error("a note holds no control characters but line ends, and no halves of surrogate pairs")
  }
  if (!text.endsWith("\n")) throw new Error("the text of a note ends with a line end")
}

const checkName = (name: string): void => {
  checkText(`${name}\n`)
  if (/^$|[\p{White_Space}+]/u.test(name)) {
    throw new Error(
      `${JSON.stringify(name)} does not name a key: a name has no spaces and no plus, and is not empty`
    )
  }
}

/** Does not let the private half out of its key. */
const publicBytes = (key: KeyObject): Uint8Array => {
  const { x } = (key.type === "private" ? createPublicKey(key) : key).export({ format: "jwk" })
  return Buffer.from(x ?? "", "base64url")
}

/** The signature type and the public key, which is what names and ids stand for. */
const typedKey = (key: KeyObject, isWitness: boolean): Uint8Array =>
  Buffer.concat([Buffer.of(isWitness ? cosignature : ed25519), publicBytes(key)])

/** Gives an Ed25519 key, public or private, its name. Throws an `Error` for any other key or name. */
export const makeNoteKey = (
  name: string,
  key: KeyObject,
  { isWitness = false }: { readonly isWitness?: boolean } = {}
): NoteKey => {
  checkName(name)
  if (key.asymmetricKeyType !== "ed25519") {
    throw new Error(`the key of ${name} is of type ${key.asymmetricKeyType ?? key.type}, not ed25519`)
  }
  const digest = hash("sha256", Buffer.concat([Buffer.from(`${name}\n`), typedKey(key, isWitness)]), "buffer")
  return { name, id: digest.toString("hex", 0, idBytes), key, isWitness }
}

/** How others are told a key, so that they can check what it signs: `name+id+base64`, without what is private. */
export const verifierKey = ({ name, id, key, isWitness }: NoteKey): string =>
  `${name}+${id}+${Buffer.from(typedKey(key, isWitness)).toString("base64")}`

/** Reads what `verifierKey` writes. Throws an `Error` that says what is wrong with it. */
export const readVerifierKey = (text: string): NoteKey => {
  const [, name, id, base64] = /^([^+]+)\+([0-9a-f]{8})\+(.+)$/.exec(text) ?? []
  const bytes = base64 === undefined ? undefined : readBase64(base64)
  if (name === undefined || bytes === undefined) {
    throw new Error(`${JSON.stringify(text)} is no verifier key: one is written name+id+base64`)
  }
  const isWitness = bytes[0] === cosignature
  if ((bytes[0] !== ed25519 && !isWitness) || bytes.length !== 1 + publicKeyBytes) {
    throw new Error(
      `the verifier key of ${name} is not of type Ed25519 (0x01, or 0x04 of a witness) with ${publicKeyBytes} bytes`
    )
  }
  const x = Buffer.from(bytes.subarray(1)).toString("base64url")
  const key = createPublicKey({ format: "jwk", key: { kty: "OKP", crv: "Ed25519", x } })
  const named = makeNoteKey(name, key, { isWitness })
  if (named.id !== id) throw new Error(`the verifier key of ${name} has the id ${named.id}, not ${id}`)
  return named
}

const lineOf = ({ name, id, bytes }: NoteSignature): string =>
  `— ${name} ${Buffer.concat([Buffer.from(id, "hex"), bytes]).toString("base64")}\n`

/** What a witness signs: the text, and when it saw it. */
const witnessed = (text: string, seconds: bigint): Buffer =>
  Buffer.from(`cosignature/v1\ntime ${seconds}\n${text}`)

const signatureOf = (
  text: string,
  { name, id, key, isWitness }: NoteKey,
  seconds?: number
): NoteSignature => {
  if (!isWitness) return { name, id, bytes: sign(null, Buffer.from(text), key) }
  if (seconds === undefined) throw new Error(`${name} is a witness, and says when it signs`)
  const time = Buffer.alloc(timestampBytes)
  time.writeBigUInt64BE(BigInt(seconds))
  return { name, id, bytes: Buffer.concat([time, sign(null, witnessed(text, BigInt(seconds)), key)]) }
}

/** Whether the key has made the signature of the text. */
const hasSigned = (text: string, { key, isWitness }: NoteKey, { bytes }: NoteSignature): boolean => {
  if (!isWitness) return verify(null, Buffer.from(text), key, bytes)
  if (bytes.length <= timestampBytes) return false
  const seconds = Buffer.from(bytes).readBigUInt64BE()
  return seconds < 2n ** 63n && verify(null, witnessed(text, seconds), key, bytes.subarray(timestampBytes))
}

const noteOf = (text: string, signatures: ReadonlyArray<NoteSignature>): string => {
  if (signatures.length === 0) throw new Error("a note has at least one signature")
  if (signatures.length > signaturesMax) throw new Error(`a note has at most ${signaturesMax} signatures`)
  return `${text}\n${signatures.map(lineOf).join("")}`
}

/** Signs a text, which ends with a line end, with private keys. Throws an `Error` if it cannot be a note. */
export const signedNote = (text: string, keys: ReadonlyArray<NoteKey>): string => {
  checkText(text)
  return noteOf(
    text,
    keys.map((key) => signatureOf(text, key))
  )
}

const parseLine = (line: string): NoteSignature => {
  const [, name, base64] = /^— ([^ ]+) ([^ ]+)$/.exec(line) ?? []
  const bytes = base64 === undefined ? undefined : readBase64(base64)
  if (name === undefined || bytes === undefined || bytes.length <= idBytes) {
    throw new Error(`${JSON.stringify(line)} is no signature of a note: one is written "— name base64"`)
  }
  checkName(name)
  return {
    name,
    id: Buffer.from(bytes.subarray(0, idBytes)).toString("hex"),
    bytes: bytes.subarray(idBytes)
  }
}

/** Takes a note apart without checking its signatures. Throws an `Error` that says why it is none. */
export const parseNote = (note: string): ParsedNote => {
  checkText(note)
  const end = note.lastIndexOf("\n\n")
  if (end === -1) throw new Error("a note has an empty line between its text and its signatures")
  const lines = note.slice(end + 2, -1).split("\n", signaturesMax + 1)
  if (lines.length > signaturesMax) throw new Error(`a note has at most ${signaturesMax} signatures`)
  return { text: note.slice(0, end + 1), signatures: lines.map(parseLine) }
}

const isOf =
  (signature: NoteSignature) =>
  ({ name, id }: NoteKey): boolean =>
    name === signature.name && id === signature.id

/**
 * Adds a signature to a note, in place of any that it has of the same key; `seconds` since 1970 is when, which a witness
 * says. Checks none of the others.
 */
export const cosigned = (note: string, key: NoteKey, seconds?: number): string => {
  const { text, signatures } = parseNote(note)
  const others = signatures.filter((signature) => !isOf(signature)(key))
  return noteOf(text, [...others, signatureOf(text, key, seconds)])
}

/**
 * Checks a note. Throws an `Error` if it is none, if no known key has signed it, or if one is said to have signed it
 * and has not.
 */
export const openNote = (note: string, known: ReadonlyArray<NoteKey>): OpenedNote => {
  const { text, signatures } = parseNote(note)
  const signedBy = new Set<NoteKey>()
  const others: Array<NoteSignature> = []
  for (const signature of signatures) {
    const signer = known.find(isOf(signature))
    if (!signer) others.push(signature)
    else if (hasSigned(text, signer, signature)) signedBy.add(signer)
    else throw new Error(`this is not what ${signer.name}+${signer.id} signed`)
  }
  if (signedBy.size === 0) {
    const signers = signatures.map(({ name, id }) => `${name}+${id}`).join(", ")
    throw new Error(`the note is signed by ${signers}, and no such key is known`)
  }
  return { text, signedBy: [...signedBy], others }
}
