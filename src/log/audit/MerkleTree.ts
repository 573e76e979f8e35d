/**
 * The Merkle tree of Certificate Transparency (RFC 6962, section 2.1): one root hash for all leaves, and short proofs
 * that a leaf is among them or that a longer tree only adds to a shorter one.
 *
 * Everywhere here a leaf is its `leafHash`. Sizes and indices are whole numbers up to 2^53, so they are halved by
 * division: JavaScript's shifts end at 32 bits.
 */
import { hash } from "node:crypto"

/** A tree as far as proofs need it: the hash of the leaf at each index, from 0. */
export type MerkleTree = (index: number) => Uint8Array

/** The length of a SHA-256 hash in bytes. */
const hashBytes = 32

/** The root of the tree without leaves: the hash of nothing. */
export const emptyRoot: Uint8Array = hash("sha256", new Uint8Array(0), "buffer")

/** The hash of a leaf that holds `data`. Its first byte keeps leaves and nodes apart, so neither passes for the other. */
export const leafHash = (data: Uint8Array): Uint8Array =>
  hash("sha256", Buffer.concat([Buffer.of(0), data]), "buffer")

const isHash = (bytes: Uint8Array): boolean => bytes.length === hashBytes

const nodeHash = (left: Uint8Array, right: Uint8Array): Uint8Array => {
  const node = Buffer.allocUnsafe(1 + 2 * hashBytes)
  node[0] = 1
  node.set(left, 1)
  node.set(right, 1 + hashBytes)
  return hash("sha256", node, "buffer")
}

/** Of a border, the root above it: what is further right is the smaller, and is joined first. */
const rootAbove = (border: ReadonlyArray<Uint8Array>): Uint8Array =>
  border.length === 0 ? emptyRoot : border.reduceRight((right, left) => nodeHash(left, right))

const checkHash = (bytes: Uint8Array): Uint8Array => {
  if (!isHash(bytes)) throw new Error(`a hash has ${hashBytes} bytes, not ${bytes.length}`)
  return bytes
}

const onesOf = (size: number): number => {
  let ones = 0
  for (let rest = size; rest > 0; rest = Math.floor(rest / 2)) ones += rest % 2
  return ones
}

/** A growing tree of which only the right border is kept: the root of one full subtree for each bit of its size. */
export class MerkleFrontier {
  private leaves: number
  private readonly roots: Array<Uint8Array>

  /** Goes on from a tree of this size with this border; without them, from the empty tree. */
  constructor(size = 0, border: ReadonlyArray<Uint8Array> = []) {
    if (!Number.isSafeInteger(size) || size < 0 || border.length !== onesOf(size)) {
      throw new Error(`a tree of ${size} leaves has no border of ${border.length} hashes`)
    }
    this.leaves = size
    this.roots = border.map(checkHash)
  }

  /** How many leaves it has. */
  get size(): number {
    return this.leaves
  }

  /** The roots of its full subtrees, the largest first. */
  get border(): ReadonlyArray<Uint8Array> {
    return [...this.roots]
  }

  /** The hash of the whole tree. */
  get root(): Uint8Array {
    return rootAbove(this.roots)
  }

  /** Adds the hash of a leaf, and joins each two subtrees that have thereby become equal in size. Throws for no hash. */
  append(leaf: Uint8Array): void {
    let joined = checkHash(leaf)
    for (let rest = this.leaves; rest % 2 === 1; rest = (rest - 1) / 2) {
      joined = nodeHash(this.roots.pop() ?? emptyRoot, joined)
    }
    this.roots.push(joined)
    this.leaves += 1
  }
}

const rootOf = (leaves: MerkleTree, from: number, to: number): Uint8Array => {
  const frontier = new MerkleFrontier()
  for (let index = from; index < to; index++) frontier.append(leaves(index))
  return frontier.root
}

/** Where a tree of two leaves or more is divided: the largest power of two that is less than its size. */
const split = (size: number): number => {
  let left = 1
  while (left * 2 < size) left *= 2
  return left
}

const isSize = (size: number): boolean => Number.isSafeInteger(size) && size >= 0

/**
 * The hashes that lead from the leaf at `index` up to the root of the first `size` leaves: PATH of RFC 6962,
 * section 2.1.1. Throws an `Error` if there is no such leaf.
 */
export const inclusionProof = (
  leaves: MerkleTree,
  index: number,
  size: number
): ReadonlyArray<Uint8Array> => {
  if (!isSize(index) || !isSize(size) || index >= size) {
    throw new Error(`there is no leaf ${index} in a tree of ${size} leaves`)
  }
  const proof: Array<Uint8Array> = []
  let [from, to] = [0, size]
  while (to - from > 1) {
    const middle = from + split(to - from)
    proof.push(index < middle ? rootOf(leaves, middle, to) : rootOf(leaves, from, middle))
    if (index < middle) to = middle
    else from = middle
  }
  return proof.reverse()
}

/**
 * The hashes that lead from the root of the first `oldSize` leaves to the root of the first `newSize`: PROOF of
 * RFC 6962, section 2.1.2; none for an empty or an equal tree. Throws an `Error` if the tree did not grow so.
 */
export const consistencyProof = (
  leaves: MerkleTree,
  oldSize: number,
  newSize: number
): ReadonlyArray<Uint8Array> => {
  if (!isSize(oldSize) || !isSize(newSize) || oldSize > newSize) {
    throw new Error(`a tree of ${oldSize} leaves cannot grow to one of ${newSize}`)
  }
  if (oldSize === 0) return []
  const proof: Array<Uint8Array> = []
  let [from, to] = [0, newSize]
  while (to !== oldSize) {
    const middle = from + split(to - from)
    proof.push(oldSize <= middle ? rootOf(leaves, middle, to) : rootOf(leaves, from, middle))
    if (oldSize <= middle) to = middle
    else from = middle
  }
  // Who verifies knows the root of the old tree, but not that of a part of it.
  if (from > 0) proof.push(rootOf(leaves, from, to))
  return proof.reverse()
}

const equal = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0

/** Where a verifier stands on its way up: `fn` and `sn` of RFC 9162, the last node of its row being `sn`. */
class Climb {
  fn: number
  sn: number

  constructor(node: number, last: number) {
    this.fn = node
    this.sn = last
  }

  up(): void {
    this.fn = Math.floor(this.fn / 2)
    this.sn = Math.floor(this.sn / 2)
  }

  /** Whether the next hash of a proof is of the sibling on the left; then goes to where that sibling is. */
  joinsLeft(): boolean {
    if (this.fn % 2 === 0 && this.fn !== this.sn) return false
    // The last node of a row, if it has no sibling, is passed on to the row above as it is.
    while (this.fn % 2 === 0 && this.fn !== 0) this.up()
    return true
  }
}

/** Whether a leaf is at an index of the tree of this size and root: RFC 9162, section 2.1.3.2. */
export const verifyInclusion = (claim: {
  readonly leaf: Uint8Array
  readonly index: number
  readonly size: number
  readonly root: Uint8Array
  readonly proof: ReadonlyArray<Uint8Array>
}): boolean => {
  const { leaf, index, size, root, proof } = claim
  if (!isSize(index) || !isSize(size) || index >= size) return false
  if (![leaf, root, ...proof].every(isHash)) return false
  const climb = new Climb(index, size - 1)
  let above = leaf
  for (const sibling of proof) {
    if (climb.sn === 0) return false
    above = climb.joinsLeft() ? nodeHash(sibling, above) : nodeHash(above, sibling)
    climb.up()
  }
  return climb.sn === 0 && equal(above, root)
}

/**
 * Whether the tree of the new size and root has that of the old size and root as its beginning: RFC 9162,
 * section 2.1.4.2. Every tree begins with the empty one, which has one root only.
 */
export const verifyConsistency = (claim: {
  readonly oldSize: number
  readonly oldRoot: Uint8Array
  readonly newSize: number
  readonly newRoot: Uint8Array
  readonly proof: ReadonlyArray<Uint8Array>
}): boolean => {
  const { oldSize, oldRoot, newSize, newRoot, proof } = claim
  if (!isSize(oldSize) || !isSize(newSize) || oldSize > newSize) return false
  if (![oldRoot, newRoot, ...proof].every(isHash)) return false
  if (oldSize === newSize) return proof.length === 0 && equal(oldRoot, newRoot)
  if (oldSize === 0) return proof.length === 0 && equal(oldRoot, emptyRoot)
  // A full old tree is a node of the new one, and its root, being known, is not part of the proof.
  const [first, ...rest] = onesOf(oldSize) === 1 ? [oldRoot, ...proof] : proof
  if (first === undefined) return false
  const climb = new Climb(oldSize - 1, newSize - 1)
  while (climb.fn % 2 === 1) climb.up()
  let [oldAbove, newAbove] = [first, first]
  for (const sibling of rest) {
    if (climb.sn === 0) return false
    if (climb.joinsLeft()) {
      oldAbove = nodeHash(sibling, oldAbove)
      newAbove = nodeHash(sibling, newAbove)
    } else {
      newAbove = nodeHash(newAbove, sibling)
    }
    climb.up()
  }
  return climb.sn === 0 && equal(oldAbove, oldRoot) && equal(newAbove, newRoot)
}
