/**
 * `audit key`, `rotate`, `keys`, `cosign`: by whom checkpoints are signed.
 */
import { generateKeyPairSync } from "node:crypto"
import { writeFileSync } from "node:fs"
import * as Clock from "effect/Clock"
import * as Console from "effect/Console"
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { nameOf, signedSuccession } from "../log/audit/followKeys.ts"
import { isProven } from "../log/audit/Proof.ts"
import { cosigned, makeNoteKey, type NoteKey, verifierKey } from "../log/audit/signedNote.ts"
import {
  checkpointIn,
  failed,
  noteIn,
  proofIn,
  recordedKeysIn,
  signingKey,
  unreadable
} from "./auditFiles.ts"
import { broken, checkLog, keyInForce, recordedKeys } from "./checkLog.ts"
import { deliverAll } from "./deliver.ts"
import { reason, said } from "./deliverAndTell.ts"
import { print, root, toJson } from "./root.ts"

export const auditKey = Command.make(
  "key",
  {
    name: Argument.String("name").pipe(
      Argument.withDescription(
        "Names the log for ever: best a URL without its scheme, such as example.com/runs"
      )
    ),
    out: Flag.String("out").pipe(
      Flag.withMetavar("FILE"),
      Flag.withDescription("Where the private key goes; the public one goes beside it, as FILE.pub")
    ),
    witness: Flag.Boolean("witness").pipe(
      Flag.withDescription("A key to cosign the checkpoints of others with"),
      Flag.withDefault(false)
    )
  },
  Effect.fn(function* ({ name, out, witness }) {
    const { json } = yield* root
    const { privateKey } = generateKeyPairSync("ed25519")
    const written = yield* Effect.try({
      try: () => {
        const verifier = verifierKey(makeNoteKey(name, privateKey, { isWitness: witness }))
        // Never over another key: what it has signed could not be added to any more.
        writeFileSync(out, privateKey.export({ format: "pem", type: "pkcs8" }), { mode: 0o600, flag: "wx" })
        writeFileSync(`${out}.pub`, `${verifier}\n`, { flag: "wx" })
        return verifier
      },
      catch: (error) => unreadable(error instanceof Error ? error.message : String(error))
    })
    yield* print(json, { key: out, public: written }, () => written)
  })
).pipe(Command.withDescription("Make a key to sign checkpoints with"))

const keySet = (key: NoteKey) => ({ _tag: "SetAuditKey", key: verifierKey(key) }) as const

/** The last checkpoint of the outgoing key, which names the next. */
const succession = Effect.fnUntraced(function* (log: string, outgoing: NoteKey, next: NoteKey) {
  const { checked, tree } = yield* checkLog(log)
  const complaint = broken(checked)
  if (complaint) return yield* complaint
  return yield* Effect.try({
    try: () => signedSuccession(tree, outgoing, next),
    catch: (error) => unreadable(error instanceof Error ? error.message : String(error))
  })
})

export const rotate = Command.make(
  "rotate",
  {
    next: Flag.String("next").pipe(
      Flag.withMetavar("FILE"),
      Flag.withDescription(
        "The key to sign checkpoints with from now on, made by `audit key` under the same name"
      )
    ),
    key: Flag.String("key").pipe(
      Flag.withMetavar("FILE"),
      Flag.withDescription(
        "The key until now, which signs that the next one follows; left out, the next is the first"
      ),
      Flag.optional
    ),
    reason
  },
  Effect.fn(function* ({ next: nextFile, key, reason: text }) {
    const { log, json } = yield* root
    const next = yield* signingKey(nextFile)
    if (next.isWitness) return yield* unreadable(`${nextFile} is the key of a witness, not of a log.`)
    const outgoing = Option.isSome(key) ? yield* signingKey(key.value) : undefined
    const now = yield* keyInForce(log)
    if (now && !outgoing)
      return yield* failed(`The log's key is ${nameOf(now)}: give it as --key, so that it names the next.`)
    if (now && outgoing && nameOf(now) !== nameOf(outgoing))
      return yield* failed(`The log's key is ${nameOf(now)}, and --key is ${nameOf(outgoing)}.`)
    const note = outgoing ? { note: yield* succession(log, outgoing, next) } : {}
    const first = outgoing && !now ? [keySet(outgoing)] : []
    const commands = [...first, { ...keySet(next), ...note, ...said(text) }] as const
    const answers = yield* deliverAll(log, commands as [(typeof commands)[0], ...typeof commands])
    const last = answers.at(-1)
    if (!last) return yield* Effect.die(new Error("the coordinator gave no reply"))
    const { position } = yield* Effect.fromResult(last)
    yield* print(json, { position, key: verifierKey(next), ...note }, () =>
      outgoing
        ? `${nameOf(next)} follows ${nameOf(outgoing)} (position ${position}).`
        : `${nameOf(next)} is the first key of the log (position ${position}).`
    )
  })
).pipe(
  Command.withDescription(
    "Record by which key checkpoints are signed from now on, signed by the one until now"
  )
)

export const keys = Command.make(
  "keys",
  {},
  Effect.fn(function* () {
    const { log } = yield* root
    const recorded = yield* recordedKeys(log)
    yield* Console.log(
      toJson(
        recorded.map(({ key, note }) => ({ key, ...(note !== undefined && { note }) })),
        2
      )
    )
  })
).pipe(
  Command.withDescription(
    "Print the keys that the log records, as JSON: with it others can follow them without the log"
  )
)

export const cosign = Command.make(
  "cosign",
  {
    checkpoint: Argument.String("checkpoint").pipe(
      Argument.withDescription("A file with a signed checkpoint")
    ),
    key: Flag.String("key").pipe(
      Flag.withMetavar("FILE"),
      Flag.withDescription("The witness's key, made by `audit key --witness`")
    ),
    public: Flag.String("public").pipe(
      Flag.withMetavar("KEY"),
      Flag.withDescription("A verifier key of the log, or a file that holds it")
    ),
    keys: Flag.String("keys").pipe(
      Flag.withMetavar("FILE"),
      Flag.withDescription("What `audit keys` has printed, to follow rotations"),
      Flag.optional
    ),
    earlier: Flag.String("earlier").pipe(
      Flag.withMetavar("FILE"),
      Flag.withDescription("The checkpoint that was cosigned last; left out, this one is the first"),
      Flag.optional
    ),
    proof: Flag.String("proof").pipe(
      Flag.withMetavar("FILE"),
      Flag.withDescription(
        "The proof of `audit prove-consistency` that the log only grew since the earlier one"
      ),
      Flag.optional
    )
  },
  Effect.fn(function* ({ checkpoint, key, public: known, keys: recordedIn, earlier, proof }) {
    const witness = yield* signingKey(key)
    if (!witness.isWitness) return yield* unreadable(`${key} is the key of a log, not of a witness.`)
    const recorded = Option.isSome(recordedIn) ? yield* recordedKeysIn(recordedIn.value) : []
    const held = yield* checkpointIn(checkpoint, { public: known, recorded })
    if (Option.isSome(earlier) !== Option.isSome(proof))
      return yield* unreadable(
        "That the log only grew is proven from one checkpoint to the next: give --earlier and --proof together."
      )
    if (Option.isSome(earlier) && Option.isSome(proof)) {
      const before = yield* checkpointIn(earlier.value, { public: known, recorded })
      const growth = yield* proofIn(proof.value)
      if (growth._tag !== "Consistency" || !isProven(growth, held, before))
        return yield* failed(`${proof.value} does not prove that the log only grew since ${earlier.value}.`)
    }
    const now = yield* Clock.currentTimeMillis
    yield* Console.log(cosigned(yield* noteIn(checkpoint), witness, Math.floor(now / 1_000)).trimEnd())
  })
).pipe(
  Command.withDescription(
    "Print a checkpoint with a witness's signature added: that it was seen, and grew from the one before"
  )
)
