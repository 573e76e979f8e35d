/**
 * Keys, checkpoints and proofs as files.
 */
import { createPrivateKey } from "node:crypto"
import { existsSync, readFileSync } from "node:fs"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { Checkpoint } from "../log/audit/Checkpoint.ts"
import { type AuditKey, followKeys, openAuditCheckpoint } from "../log/audit/followKeys.ts"
import { Proof } from "../log/audit/Proof.ts"
import { makeNoteKey, type NoteKey, readVerifierKey } from "../log/audit/signedNote.ts"
import { Exit, exitCodes } from "./exitCodes.ts"

/** What was asked cannot be done with what was given. */
export const unreadable = (message: string): Exit => new Exit({ code: exitCodes.usage.code, message })

/** What was checked does not hold. */
export const failed = (message: string): Exit => new Exit({ code: exitCodes.failed.code, message })

const reading = <A>(what: string, read: () => A): Effect.Effect<A, Exit> =>
  Effect.try({
    try: read,
    catch: (error) => unreadable(`${what}: ${error instanceof Error ? error.message : String(error)}`)
  })

/** A verifier key, as it is or in a file. */
const verifier = (text: string): NoteKey =>
  readVerifierKey((existsSync(text) ? readFileSync(text, "utf8") : text).trim())

/** A verifier key that a flag names. */
export const keyIn = (flag: string, text: string): Effect.Effect<NoteKey, Exit> =>
  reading(flag, () => verifier(text))

/** What is known of who signs a log's checkpoints. */
interface Trust {
  /** The key that is trusted, or a file that holds it. */
  readonly public: string
  /** The keys that are recorded to follow it. */
  readonly recorded: ReadonlyArray<AuditKey>
  /** Those who must have signed, too; keys or files. */
  readonly witnesses?: ReadonlyArray<string>
}

/** The checkpoint in a file, signed by whose turn it was: of the log that the trusted key is named after. */
export const checkpointIn = (file: string, trust: Trust): Effect.Effect<Checkpoint, Exit> =>
  Effect.gen(function* () {
    const trusted = yield* keyIn("--public", trust.public)
    const witnesses = yield* Effect.forEach(trust.witnesses ?? [], (key) => keyIn("--require-witness", key))
    const terms = followKeys(trusted, trust.recorded)
    return yield* reading(file, () => openAuditCheckpoint(readFileSync(file, "utf8"), terms, { witnesses }))
  })

/** A key made by `audit key`: its name, and whether it is a witness's, is in the file beside it. */
export const signingKey = (file: string): Effect.Effect<NoteKey, Exit> =>
  reading(file, () => {
    const { name, isWitness } = verifier(`${file}.pub`)
    return makeNoteKey(name, createPrivateKey(readFileSync(file, "utf8")), { isWitness })
  })

/** The note in a file, as it is. */
export const noteIn = (file: string): Effect.Effect<string, Exit> =>
  reading(file, () => readFileSync(file, "utf8"))

const RecordedKeys = Schema.Array(
  Schema.Struct({ key: Schema.String, note: Schema.optionalKey(Schema.String) })
)

/** The keys that `audit keys` has printed into a file. */
export const recordedKeysIn = (file: string): Effect.Effect<ReadonlyArray<AuditKey>, Exit> =>
  reading(file, () => Schema.decodeUnknownSync(RecordedKeys)(JSON.parse(readFileSync(file, "utf8"))))

/** The proof in a file. */
export const proofIn = (file: string): Effect.Effect<Proof, Exit> =>
  reading(file, () => Schema.decodeUnknownSync(Proof)(JSON.parse(readFileSync(file, "utf8"))))
