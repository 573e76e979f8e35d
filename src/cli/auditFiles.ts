/**
 * Keys, checkpoints and proofs as files.
 */
import { createPrivateKey } from "node:crypto"
import { existsSync, readFileSync } from "node:fs"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { type Checkpoint, openCheckpoint } from "../log/Checkpoint.ts"
import { Proof } from "../log/Proof.ts"
import { makeNoteKey, type NoteKey, readVerifierKey } from "../log/signedNote.ts"
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

/** The checkpoint in a file, signed by this key: of the log that the key is named after. */
export const checkpointIn = (file: string, key: string): Effect.Effect<Checkpoint, Exit> =>
  Effect.gen(function* () {
    const known = yield* reading("--public", () => verifier(key))
    return yield* reading(file, () => openCheckpoint(readFileSync(file, "utf8"), known.name, [known]))
  })

/** A key made by `audit key`: its name is in the file beside it. */
export const signingKey = (file: string): Effect.Effect<NoteKey, Exit> =>
  reading(file, () => makeNoteKey(verifier(`${file}.pub`).name, createPrivateKey(readFileSync(file, "utf8"))))

/** The proof in a file. */
export const proofIn = (file: string): Effect.Effect<Proof, Exit> =>
  reading(file, () => Schema.decodeUnknownSync(Proof)(JSON.parse(readFileSync(file, "utf8"))))
