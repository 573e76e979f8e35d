import { describe, expect, it } from "vitest"
import {
  consistencyProof,
  emptyRoot,
  inclusionProof,
  leafHash,
  verifyConsistency,
  verifyInclusion
} from "../../../src/log/audit/MerkleTree.ts"
import { type Data, dataOf, mth, sha256, treeOf } from "./naiveTree.ts"

/** The same bytes but for one bit. */
const flipped = (hash: Uint8Array): Uint8Array => {
  const other = Uint8Array.from(hash)
  other[17] = (other[17] ?? 0) ^ 8
  return other
}

const longer = (hash: Uint8Array): Uint8Array => Buffer.concat([hash, Buffer.of(0)])

/** Proofs that are not this one: a bit flipped, a byte less or more, a hash left out, added or cut, two exchanged. */
const spoiled = (proof: Data): ReadonlyArray<Data> => [
  ...proof.map((hash, index) => proof.toSpliced(index, 1, flipped(hash))),
  ...proof.map((hash, index) => proof.toSpliced(index, 1, hash.subarray(1))),
  ...proof.map((hash, index) => proof.toSpliced(index, 1, longer(hash))),
  ...proof.map((_, index) => proof.toSpliced(index, 1)),
  ...proof.map((hash, index) => proof.toSpliced(index, 0, hash)),
  ...proof.slice(1).map((hash, index) => proof.toSpliced(index, 2, hash, proof[index] ?? hash)),
  [...proof, emptyRoot],
  [emptyRoot, ...proof]
]

const sizes = Array.from({ length: 24 }, (_, size) => size)

describe("an inclusion is refused", () => {
  const all = dataOf(sizes.length)
  const tree = treeOf(all)
  const claims = sizes.flatMap((size) =>
    sizes.slice(0, size).map((index) => {
      const root = mth(all.slice(0, size))
      return { leaf: tree(index), index, size, root, proof: inclusionProof(tree, index, size) }
    })
  )
  type Claim = (typeof claims)[number]
  const accepted = (changes: (claim: Claim) => ReadonlyArray<Partial<Claim>>): ReadonlyArray<unknown> =>
    claims.flatMap((claim) => changes(claim).filter((change) => verifyInclusion({ ...claim, ...change })))

  it("with another proof", () => {
    expect(accepted(({ proof }) => spoiled(proof).map((other) => ({ proof: other })))).toEqual([])
  })

  it("of another leaf or in another tree", () => {
    expect(
      accepted(({ leaf, root }) => [
        { leaf: flipped(leaf) },
        { root: flipped(root) },
        { leaf: leaf.subarray(1) },
        { root: root.subarray(1) }
      ])
    ).toEqual([])
  })

  it("at any other index", () => {
    const others = [...sizes, -1, 0.5, Number.NaN, 2 ** 60]
    expect(
      accepted(({ index }) => others.filter((one) => one !== index).map((other) => ({ index: other })))
    ).toEqual([])
  })

  it("in a tree of another height, or of no size", () => {
    expect(
      accepted(({ size }) => [
        { size: 2 * size },
        ...(size > 1 ? [{ size: 1, index: 0 }] : []),
        { size: 0 },
        { size: -size },
        { size: Number.NaN },
        { size: 2 ** 60 }
      ])
    ).toEqual([])
  })
})

describe("a consistency is refused", () => {
  const all = dataOf(sizes.length)
  const tree = treeOf(all)
  const claims = sizes.flatMap((newSize) =>
    sizes.slice(0, newSize + 1).map((oldSize) => {
      const [oldRoot, newRoot] = [mth(all.slice(0, oldSize)), mth(all.slice(0, newSize))]
      return { oldSize, oldRoot, newSize, newRoot, proof: consistencyProof(tree, oldSize, newSize) }
    })
  )
  type Claim = (typeof claims)[number]
  const accepted = (changes: (claim: Claim) => ReadonlyArray<Partial<Claim>>): ReadonlyArray<unknown> =>
    claims.flatMap((claim) => changes(claim).filter((change) => verifyConsistency({ ...claim, ...change })))

  it("only where something is wrong, for every tree begins with the empty one and with itself", () => {
    expect(claims.filter((claim) => !verifyConsistency(claim))).toEqual([])
  })

  it("with another proof", () => {
    expect(accepted(({ proof }) => spoiled(proof).map((other) => ({ proof: other })))).toEqual([])
  })

  it("with another root", () => {
    const wrong = ({ oldRoot, newRoot, oldSize }: Claim): ReadonlyArray<Partial<Claim>> => [
      { oldRoot: flipped(oldRoot) },
      { oldRoot: oldRoot.subarray(1) },
      { newRoot: newRoot.subarray(1) },
      // Whatever the new tree is, it begins with the empty one.
      ...(oldSize === 0 ? [] : [{ newRoot: flipped(newRoot) }])
    ]
    expect(accepted(wrong)).toEqual([])
  })

  it("with its roots exchanged", () => {
    expect(
      accepted(({ oldSize, newSize, oldRoot, newRoot }) =>
        oldSize === newSize ? [] : [{ oldRoot: newRoot, newRoot: oldRoot }]
      )
    ).toEqual([])
  })

  it("with any other old size", () => {
    const others = [...sizes, -1, 0.5, Number.NaN, 2 ** 60]
    expect(
      accepted(({ oldSize }) => others.filter((one) => one !== oldSize).map((other) => ({ oldSize: other })))
    ).toEqual([])
  })

  it("with a new size of another height, or of none", () => {
    expect(
      accepted(({ oldSize, newSize }) =>
        [oldSize === 0 ? -1 : 2 * newSize, oldSize - 1, -newSize - 1, Number.NaN, 2 ** 60].map((other) => ({
          newSize: other
        }))
      )
    ).toEqual([])
  })
})

it("proofs lead up trees of more leaves than 32 bits count", () => {
  const index = 2 ** 45 + 2 ** 33 + 5
  const proof = dataOf(50)
  const leaf = leafHash(Buffer.of(1))
  const root = proof.reduce(
    (above, sibling, level) =>
      (BigInt(index) >> BigInt(level)) % 2n === 1n
        ? sha256(Buffer.of(1), sibling, above)
        : sha256(Buffer.of(1), above, sibling),
    leaf
  )
  expect(verifyInclusion({ leaf, index, size: 2 ** 50, root, proof })).toBe(true)
  expect(verifyInclusion({ leaf, index: index % 2 ** 32, size: 2 ** 50, root, proof })).toBe(false)
})
