import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import fc from "fast-check"
import { expect, it } from "vitest"
import { leafHash, MerkleFrontier } from "../../../src/log/audit/MerkleTree.ts"
import { isProven, type Proof, proveConsistency, proveInclusion } from "../../../src/log/audit/Proof.ts"
import type { Entry } from "../../../src/log/EventLog.ts"
import { makeMemoryEventLog } from "../../../src/log/MemoryEventLog.ts"
import { notes } from "../contract/Contract.ts"

const count = 70
const entries = await Effect.runPromise(Stream.runCollect(makeMemoryEventLog(notes(0, count)).entries()))

const checkpointAt = (size: number, of: ReadonlyArray<Entry> = entries) => {
  const tree = new MerkleFrontier()
  for (const { hash } of of.slice(0, size)) tree.append(leafHash(hash))
  return { origin: "example.com/runs", size, root: tree.root, extensions: [] }
}

const size = fc.integer({ min: 1, max: count })
const twoSizes = fc.tuple(size, size).map(([a, b]) => [Math.min(a, b), Math.max(a, b)] as const)

it("every event of a log is proven by its checkpoint, and by no other", () => {
  fc.assert(
    fc.property(twoSizes, size, ([position, at], other) => {
      const proof = proveInclusion(entries.slice(0, at), position)
      expect(proof && isProven(proof, checkpointAt(at), undefined)).toBe(true)
      if (other !== at) expect(proof && isProven(proof, checkpointAt(other), undefined)).toBe(false)
    })
  )
  expect(proveInclusion(entries, 0)).toBeUndefined()
  expect(proveInclusion(entries, count + 1)).toBeUndefined()
})

it("every log is proven to begin with each earlier one, and with nothing else", () => {
  const others = Effect.runSync(
    Stream.runCollect(makeMemoryEventLog(notes(0, count, "somebody else's")).entries())
  )
  fc.assert(
    fc.property(twoSizes, ([before, after]) => {
      const proof = proveConsistency(entries.slice(0, after), before)
      expect(isProven(proof, checkpointAt(after), checkpointAt(before))).toBe(true)
      expect(isProven(proof, checkpointAt(after), undefined)).toBe(false)
      expect(isProven(proof, checkpointAt(after), checkpointAt(before, others))).toBe(false)
    })
  )
})

it("an event in other words, at another place, or after another hash is not proven", () => {
  const proof = proveInclusion(entries, 7) as Proof & { readonly _tag: "Inclusion" }
  const checkpoint = checkpointAt(count)
  const other = proveInclusion(entries, 8) as Proof & { readonly _tag: "Inclusion" }
  expect(isProven(proof, checkpoint, undefined)).toBe(true)
  const forgeries: ReadonlyArray<Partial<typeof proof>> = [
    { event: proof.event.replace("ann", "bob") },
    { event: "no JSON" },
    { position: 8 },
    { previous: other.previous },
    { path: other.path },
    { path: proof.path.slice(1) },
    { size: count - 1 }
  ]
  for (const forged of forgeries) expect(isProven({ ...proof, ...forged }, checkpoint, undefined)).toBe(false)
})
