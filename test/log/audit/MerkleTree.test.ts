import fc from "fast-check"
import { describe, expect, it } from "vitest"
import {
  consistencyProof,
  emptyRoot,
  inclusionProof,
  leafHash,
  MerkleFrontier,
  verifyConsistency,
  verifyInclusion
} from "../../../src/log/audit/MerkleTree.ts"
import { type Data, dataOf, hex, mth, path, sha256, subproof, treeOf } from "./naiveTree.ts"

const bytes = (text: string): Uint8Array => Buffer.from(text, "hex")

const frontierOf = (data: Data): MerkleFrontier => {
  const frontier = new MerkleFrontier()
  for (const one of data) frontier.append(leafHash(one))
  return frontier
}

describe("the vectors of Certificate Transparency", () => {
  // Google's reference implementation and its heirs; here from github.com/transparency-dev/merkle, proof/verify_test.go.
  const data = [
    "",
    "00",
    "10",
    "2021",
    "3031",
    "40414243",
    "5051525354555657",
    "606162636465666768696a6b6c6d6e6f"
  ]
  const tree = treeOf(data.map(bytes))
  const roots = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"
  ] as const
  const node = {
    leaf0: "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    leaf1: "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
    leaf4: "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    leaf6: "b08693ec2e721597130641e8211e7eedccb4c26413963eee6c1e2ed16ffb1a5f",
    from0to2: "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    from2to4: "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
    from4to6: "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
    from6to8: "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
    from0to4: "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    from4to8: "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"
  }

  it.each(roots.map((root, size) => ({ size, root })))("the root of $size leaves", ({ size, root }) => {
    expect(hex(frontierOf(data.slice(0, size).map(bytes)).root)).toBe(root)
  })

  it.each([
    { index: 0, size: 1, proof: [] },
    { index: 0, size: 8, proof: [node.leaf1, node.from2to4, node.from4to8] },
    { index: 5, size: 8, proof: [node.leaf4, node.from6to8, node.from0to4] },
    { index: 2, size: 3, proof: [node.from0to2] },
    { index: 1, size: 5, proof: [node.leaf0, node.from2to4, node.leaf4] }
  ])("leaf $index is in $size leaves", ({ index, size, proof }) => {
    expect(inclusionProof(tree, index, size).map(hex)).toEqual(proof)
    const claim = { leaf: tree(index), index, size, root: bytes(roots[size] ?? ""), proof: proof.map(bytes) }
    expect(verifyInclusion(claim)).toBe(true)
  })

  it.each([
    { oldSize: 1, newSize: 1, proof: [] },
    { oldSize: 1, newSize: 8, proof: [node.leaf1, node.from2to4, node.from4to8] },
    { oldSize: 6, newSize: 8, proof: [node.from4to6, node.from6to8, node.from0to4] },
    { oldSize: 2, newSize: 5, proof: [node.from2to4, node.leaf4] },
    { oldSize: 6, newSize: 7, proof: [node.from4to6, node.leaf6, node.from0to4] }
  ])("$newSize leaves begin with $oldSize", ({ oldSize, newSize, proof }) => {
    expect(consistencyProof(tree, oldSize, newSize).map(hex)).toEqual(proof)
    const oldRoot = bytes(roots[oldSize] ?? "")
    const newRoot = bytes(roots[newSize] ?? "")
    expect(verifyConsistency({ oldSize, oldRoot, newSize, newRoot, proof: proof.map(bytes) })).toBe(true)
  })
})

describe("as RFC 6962 defines it", () => {
  const data = fc.array(fc.uint8Array({ minLength: 32, maxLength: 32 }), { minLength: 1, maxLength: 200 })
  const dataAnd = fc.tuple(data, fc.nat(), fc.nat())

  it("a frontier has the root and the size after each leaf", () => {
    const frontier = new MerkleFrontier()
    const all = dataOf(130)
    for (let size = 0; size <= all.length; size++) {
      expect([frontier.size, hex(frontier.root)]).toEqual([size, hex(mth(all.slice(0, size)))])
      frontier.append(leafHash(all[size] ?? emptyRoot))
    }
  })

  it("an inclusion proof is PATH, and is accepted", () => {
    fc.assert(
      fc.property(dataAnd, ([all, a, b]) => {
        const size = 1 + (a % all.length)
        const index = b % size
        const tree = treeOf(all)
        const proof = inclusionProof(tree, index, size)
        expect(proof.map(hex)).toEqual(path(index, all.slice(0, size)).map(hex))
        const root = mth(all.slice(0, size))
        expect(verifyInclusion({ leaf: tree(index), index, size, root, proof })).toBe(true)
      })
    )
  })

  it("a consistency proof is PROOF, and is accepted", () => {
    fc.assert(
      fc.property(dataAnd, ([all, a, b]) => {
        const newSize = 1 + (a % all.length)
        const oldSize = 1 + (b % newSize)
        const proof = consistencyProof(treeOf(all), oldSize, newSize)
        expect(proof.map(hex)).toEqual(subproof(oldSize, all.slice(0, newSize), true).map(hex))
        const [oldRoot, newRoot] = [mth(all.slice(0, oldSize)), mth(all.slice(0, newSize))]
        expect(verifyConsistency({ oldSize, oldRoot, newSize, newRoot, proof })).toBe(true)
      })
    )
  })

  it("a node does not pass for a leaf", () => {
    const [left, right] = [leafHash(Buffer.of(1)), leafHash(Buffer.of(2))]
    const frontier = frontierOf([Buffer.of(1), Buffer.of(2)])
    expect(hex(leafHash(Buffer.concat([left, right])))).not.toBe(hex(frontier.root))
  })
})

describe("a frontier", () => {
  it("goes on from its border as if it had never stopped", () => {
    fc.assert(
      fc.property(fc.nat(100), fc.nat(100), (before, after) => {
        const all = dataOf(before + after)
        const first = frontierOf(all.slice(0, before))
        const second = new MerkleFrontier(first.size, first.border)
        for (const one of all.slice(before)) second.append(leafHash(one))
        expect([second.size, hex(second.root)]).toEqual([all.length, hex(mth(all))])
        expect([first.size, hex(first.root)]).toEqual([before, hex(mth(all.slice(0, before)))])
      })
    )
  })

  it("keeps one hash for each bit of its size that is set", () => {
    expect(frontierOf(dataOf(127)).border).toHaveLength(7)
    expect(frontierOf(dataOf(128)).border).toHaveLength(1)
  })

  it("does not change the border that it gave out", () => {
    const frontier = frontierOf(dataOf(3))
    const border = frontier.border
    frontier.append(emptyRoot)
    expect(border).toEqual(frontierOf(dataOf(3)).border)
  })

  it("takes nothing that is no hash", () => {
    const frontier = frontierOf(dataOf(2))
    expect(() => frontier.append(Buffer.of(1))).toThrow("a hash has 32 bytes, not 1")
    expect(() => new MerkleFrontier(1, [new Uint8Array(33)])).toThrow("a hash has 32 bytes, not 33")
    expect([frontier.size, hex(frontier.root)]).toEqual([2, hex(mth(dataOf(2)))])
  })

  it("joins trees of more leaves than 32 bits count", () => {
    const border = dataOf(40)
    const frontier = new MerkleFrontier(2 ** 40 - 1, border)
    frontier.append(emptyRoot)
    const root = border.reduceRight((right, left) => sha256(Buffer.of(1), left, right), emptyRoot)
    expect([frontier.size, frontier.border.map(hex)]).toEqual([2 ** 40, [hex(root)]])
  })

  it.each([
    [3, 1],
    [4, 2],
    [0, 1],
    [-1, 0],
    [1.5, 1],
    [Number.NaN, 0]
  ])("of %d leaves does not begin with %i hashes", (size, hashes) => {
    expect(() => new MerkleFrontier(size, dataOf(hashes))).toThrow(
      `a tree of ${size} leaves has no border of ${hashes} hashes`
    )
  })
})

describe("there is no proof", () => {
  const tree = treeOf(dataOf(8))

  it.each([
    [8, 8],
    [0, 0],
    [-1, 8],
    [0.5, 8],
    [0, Number.NaN]
  ])("of leaf %d in %d leaves", (index, size) => {
    expect(() => inclusionProof(tree, index, size)).toThrow(
      `there is no leaf ${index} in a tree of ${size} leaves`
    )
  })

  it.each([
    [5, 4],
    [-1, 4],
    [0.5, 4],
    [0, Number.POSITIVE_INFINITY]
  ])("that %d leaves became %d", (oldSize, newSize) => {
    expect(() => consistencyProof(tree, oldSize, newSize)).toThrow(
      `a tree of ${oldSize} leaves cannot grow to one of ${newSize}`
    )
  })
})
