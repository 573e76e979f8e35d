/**
 * `audit`: whether the log is what was written, and proofs of it that others can check without us.
 */
import * as Console from "effect/Console"
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { verifyDecisions } from "../history/verifyDecisions.ts"
import { signedCheckpoint } from "../log/audit/Checkpoint.ts"
import { nameOf } from "../log/audit/followKeys.ts"
import { isProven, proveConsistency, proveInclusion } from "../log/audit/Proof.ts"
import { checkpointIn, failed, proofIn, recordedKeysIn, signingKey, unreadable } from "./auditFiles.ts"
import { auditKey, cosign, keys, rotate } from "./auditKeyCommands.ts"
import { broken, checkLog, keyInForce, recordedKeys } from "./checkLog.ts"
import { describeUnexplained } from "./describeUnexplained.ts"
import { count } from "./format.ts"
import { openLog } from "./openLog.ts"
import { print, root } from "./root.ts"

const entriesUpTo = Effect.fnUntraced(function* (log: string, upTo: number) {
  const events = yield* openLog(log)
  const entries = yield* Stream.runCollect(events.entries({ upTo }))
  if (entries.length === upTo) return entries
  return yield* failed(`The log has ${entries.length} events, and the checkpoint is of ${upTo}.`)
}, Effect.scoped)

const witnessFlag = Flag.String("require-witness").pipe(
  Flag.withMetavar("KEY"),
  Flag.withDescription(
    "The verifier key of a witness, or a file that holds it, who must have cosigned; may be given several times"
  ),
  Flag.atLeast(0)
)

const publicKey = Flag.String("public").pipe(
  Flag.withMetavar("KEY"),
  Flag.withDescription(
    "A verifier key of the log, or a file that holds it: NAME+HASH+BASE64; from it recorded rotations are followed"
  )
)
const checkpointFlag = Flag.String("checkpoint").pipe(
  Flag.withMetavar("FILE"),
  Flag.withDescription("A signed checkpoint of the log")
)

const verify = Command.make(
  "verify",
  {
    checkpoint: Flag.optional(checkpointFlag),
    public: Flag.optional(publicKey),
    witnesses: witnessFlag
  },
  Effect.fn(function* (given) {
    const { log, json } = yield* root
    if (Option.isSome(given.checkpoint) !== Option.isSome(given.public))
      return yield* unreadable(
        "A checkpoint is as good as its signature: give --checkpoint and --public together."
      )
    if (given.witnesses.length > 0 && Option.isNone(given.checkpoint))
      return yield* unreadable("A witness has seen a checkpoint: give --checkpoint with --require-witness.")
    const held = Option.isSome(given.checkpoint)
      ? yield* checkpointIn(given.checkpoint.value, {
          public: Option.getOrElse(given.public, () => ""),
          recorded: yield* recordedKeys(log),
          witnesses: given.witnesses
        })
      : undefined
    const { checked, tree } = yield* checkLog(log, held?.size)
    const { position } = checked
    const complaint = broken(checked)
    const differs =
      held && !complaint && position < held.size
        ? failed(
            `Truncated: the log ends at position ${position}, and the checkpoint is of ${held.size} events.`
          )
        : held && !complaint && Buffer.compare(tree.root, held.root) !== 0
          ? failed(`Rewritten: the first ${held.size} events are not those of the checkpoint.`)
          : undefined
    const problem = complaint ?? differs
    if (problem && !json) return yield* problem
    const against = held ? `, as the checkpoint of ${held.origin} at ${held.size} says` : ""
    const value = {
      position,
      hash: Buffer.from(checked.hash).toString("hex"),
      ok: !problem,
      found: checked.found
    }
    yield* print(json, value, () => `${position} events are as they were written${against}.`)
    if (problem) return yield* problem
  })
).pipe(
  Command.withDescription(
    "Check each event against its hash, and the whole against a checkpoint kept elsewhere"
  )
)

const checkpoint = Command.make(
  "checkpoint",
  {
    key: Flag.String("key").pipe(Flag.withMetavar("FILE"), Flag.withDescription("A key made by `audit key`"))
  },
  Effect.fn(function* ({ key: file }) {
    const { log } = yield* root
    const signer = yield* signingKey(file)
    const inForce = yield* keyInForce(log)
    if (inForce && nameOf(inForce) !== nameOf(signer))
      return yield* failed(`The log's key is ${nameOf(inForce)}, and --key is ${nameOf(signer)}.`)
    const { checked, tree } = yield* checkLog(log)
    const complaint = broken(checked)
    if (complaint) return yield* complaint
    const { size, root: hash } = tree
    yield* Console.log(
      signedCheckpoint({ origin: signer.name, size, root: hash, extensions: [] }, [signer]).trimEnd()
    )
  })
).pipe(Command.withDescription("Print a signed checkpoint of the log: its size, and the root of all hashes"))

const prove = Command.make(
  "prove",
  { position: Argument.Int("position"), checkpoint: checkpointFlag, public: publicKey },
  Effect.fn(function* ({ position, checkpoint: file, public: known }) {
    const { log } = yield* root
    const { size } = yield* checkpointIn(file, { public: known, recorded: yield* recordedKeys(log) })
    const proof = proveInclusion(yield* entriesUpTo(log, size), position)
    if (!proof) return yield* failed(`The log of the checkpoint has positions 1 to ${size}, not ${position}.`)
    yield* Console.log(JSON.stringify(proof))
  })
).pipe(Command.withDescription("Print a proof that an event stands in the log of a checkpoint"))

const earlierFlag = Flag.String("earlier").pipe(
  Flag.withMetavar("FILE"),
  Flag.withDescription("An earlier signed checkpoint")
)

const proveConsistent = Command.make(
  "prove-consistency",
  { earlier: earlierFlag, checkpoint: checkpointFlag, public: publicKey },
  Effect.fn(function* ({ earlier, checkpoint: later, public: known }) {
    const { log } = yield* root
    const trust = { public: known, recorded: yield* recordedKeys(log) }
    const before = yield* checkpointIn(earlier, trust)
    const after = yield* checkpointIn(later, trust)
    if (before.size > after.size)
      return yield* unreadable(`--earlier is of ${before.size} events, and --checkpoint of ${after.size}.`)
    yield* Console.log(JSON.stringify(proveConsistency(yield* entriesUpTo(log, after.size), before.size)))
  })
).pipe(Command.withDescription("Print a proof that a later checkpoint only adds to an earlier one"))

const checkProof = Command.make(
  "check-proof",
  {
    proof: Argument.String("proof").pipe(Argument.withDescription("A file with a proof")),
    checkpoint: checkpointFlag,
    earlier: Flag.optional(earlierFlag),
    public: publicKey,
    keys: Flag.String("keys").pipe(
      Flag.withMetavar("FILE"),
      Flag.withDescription(
        "What `audit keys` has printed: the rotations to follow from the key that is trusted"
      ),
      Flag.optional
    ),
    witnesses: witnessFlag
  },
  Effect.fn(function* ({ proof: file, checkpoint: at, earlier, public: known, keys, witnesses }) {
    const { json } = yield* root
    const proof = yield* proofIn(file)
    const recorded = Option.isSome(keys) ? yield* recordedKeysIn(keys.value) : []
    const held = yield* checkpointIn(at, { public: known, recorded, witnesses })
    const before = Option.isSome(earlier)
      ? yield* checkpointIn(earlier.value, { public: known, recorded })
      : undefined
    if (proof._tag === "Consistency" && !before)
      return yield* unreadable("A proof of consistency is between two checkpoints: give --earlier, too.")
    if (!isProven(proof, held, before)) return yield* failed(`${file} proves nothing of these checkpoints.`)
    yield* print(json, { proven: true, ...proof }, () =>
      proof._tag === "Inclusion"
        ? `Proven: event ${proof.position} of the ${held.size} in the log of ${held.origin} is\n${proof.event}`
        : `Proven: the log of ${held.origin} at ${held.size} events begins with the one at ${proof.oldSize}.`
    )
  })
).pipe(Command.withDescription("Check a proof against a checkpoint; the log is not needed"))

const decisions = Command.make(
  "decisions",
  {},
  Effect.fn(function* () {
    const { log, json } = yield* root
    const verified = yield* Effect.scoped(
      Effect.flatMap(openLog(log), (events) => verifyDecisions(events.read()))
    )
    const problem = verified.found && failed(describeUnexplained(verified.found))
    if (problem && !json) return yield* problem
    yield* print(json, { ...verified, ok: !problem }, () => {
      const { decisions: explained, turns } = verified
      return `${count(explained, "admission")} in ${count(turns, "turn")}: the rules explain each of them.`
    })
    if (problem) return yield* problem
  })
).pipe(
  Command.withDescription(
    "Derive every admission anew from the log before it, and find the first that the rules do not explain"
  )
)

export const audit = Command.make("audit").pipe(
  Command.withDescription("Find tampering, sign checkpoints, prove what stands in the log"),
  Command.withSubcommands([
    verify,
    decisions,
    auditKey,
    rotate,
    keys,
    checkpoint,
    cosign,
    prove,
    proveConsistent,
    checkProof
  ])
)
