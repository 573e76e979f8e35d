/**
 * The log as those who check it see it.
 */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { type AuditKey, followKeys } from "../log/audit/followKeys.ts"
import { leafHash, MerkleFrontier } from "../log/audit/MerkleTree.ts"
import { type Checked, verifyEntries } from "../log/verifyEntries.ts"
import { failed, keyIn } from "./auditFiles.ts"
import { openLog } from "./openLog.ts"

/** Checks the whole log; answers what was found, with the root of its tree at one size besides, if it is that long. */
export const checkLog = Effect.fnUntraced(function* (log: string, size = Number.MAX_SAFE_INTEGER) {
  const events = yield* openLog(log)
  const tree = new MerkleFrontier()
  const checked = yield* verifyEntries(events.entries(), (hash) => {
    if (tree.size < size) tree.append(leafHash(hash))
  })
  return { checked, tree }
}, Effect.scoped)

/** What is wrong with the log, if anything is. */
export const broken = (checked: Checked) =>
  checked.found &&
  failed(`Position ${checked.found.position}: ${checked.found.kind}: ${checked.found.issue}.`)

/** The keys that the log records, in order. They mean nothing before whoever trusts one has followed them. */
export const recordedKeys = Effect.fnUntraced(function* (log: string) {
  const events = yield* openLog(log)
  const keys = Stream.filter(events.entries(), ({ row }) => row[3] === "AuditKeySet")
  const found = yield* Stream.runCollect(keys)
  return found.map(({ row }) => JSON.parse(row[9]) as AuditKey)
}, Effect.scoped)

/** The key whose turn it is by what the log records; none where it records none. */
export const keyInForce = Effect.fnUntraced(function* (log: string) {
  const recorded = yield* recordedKeys(log)
  const first = recorded.find(({ note }) => note === undefined)
  if (!first) return undefined
  const key = yield* keyIn("the first key that the log records", first.key)
  return followKeys(key, recorded).at(-1)?.key
})
