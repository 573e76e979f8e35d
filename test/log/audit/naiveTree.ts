/**
 * The Merkle tree of RFC 6962, section 2.1, word for word: slow and plainly right.
 */
import { createHash } from "node:crypto"
import { emptyRoot, leafHash, type MerkleTree } from "../../../src/log/audit/MerkleTree.ts"

export const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex")

export const sha256 = (...parts: ReadonlyArray<Uint8Array>): Uint8Array =>
  createHash("sha256").update(Buffer.concat(parts)).digest()

/** The data of leaves. */
export type Data = ReadonlyArray<Uint8Array>

/** The largest power of two that is less than n. */
const k = (n: number): number => 2 ** (Math.ceil(Math.log2(n)) - 1)

/** The root. */
export const mth = (d: Data): Uint8Array => {
  const [only] = d
  if (only === undefined) return sha256()
  if (d.length === 1) return sha256(Buffer.of(0), only)
  return sha256(Buffer.of(1), mth(d.slice(0, k(d.length))), mth(d.slice(k(d.length))))
}

/** The proof of an inclusion. */
export const path = (m: number, d: Data): Data => {
  if (d.length === 1) return []
  const [left, right] = [d.slice(0, k(d.length)), d.slice(k(d.length))]
  return m < k(d.length) ? [...path(m, left), mth(right)] : [...path(m - k(d.length), right), mth(left)]
}

/** The proof of a consistency, where `b` is true at the start. */
export const subproof = (m: number, d: Data, b: boolean): Data => {
  if (m === d.length) return b ? [] : [mth(d)]
  const [left, right] = [d.slice(0, k(d.length)), d.slice(k(d.length))]
  return m <= k(d.length)
    ? [...subproof(m, left, b), mth(right)]
    : [...subproof(m - k(d.length), right, false), mth(left)]
}

/** The leaves as those functions take them that are compared with these. */
export const treeOf = (data: Data): MerkleTree => {
  const leaves = data.map(leafHash)
  return (index) => leaves[index] ?? emptyRoot
}

/** As many different leaves. */
export const dataOf = (size: number): Data =>
  Array.from({ length: size }, (_, index) => sha256(Buffer.from(`${index}`)))
