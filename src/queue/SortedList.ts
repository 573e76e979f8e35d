/**
 * A list that stays in order while it changes. It is kept in chunks, so that adding, removing and ranking cost
 * about the same with a hundred items or a million. Idea: Grant Jenks, sortedcontainers.
 */

/** Chunks are split beyond this: small enough to shift items cheaply, large enough to keep chunks few. */
const chunkMax = 512

/** Where a value stands, or would stand: the first index whose item does not come before it. */
const lowerBound = (length: number, before: (index: number) => boolean): number => {
  // Most that come are the last ones.
  if (length > 0 && before(length - 1)) return length
  let low = 0
  let high = length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (before(middle)) low = middle + 1
    else high = middle
  }
  return low
}

/** Items in the order of `compare`, which must tell any two of them apart. */
export class SortedList<A> {
  private chunks: Array<Array<A>> = []
  private readonly compare: (a: A, b: A) => number
  size = 0

  constructor(compare: (a: A, b: A) => number) {
    this.compare = compare
  }

  /** The item that comes before all others. */
  get first(): A | undefined {
    return this.chunks[0]?.[0]
  }

  private chunkOf(item: A): number {
    return lowerBound(this.chunks.length, (index) => {
      const chunk = this.chunks[index] as Array<A>
      return this.compare(chunk[chunk.length - 1] as A, item) < 0
    })
  }

  private indexIn(chunk: ReadonlyArray<A>, item: A): number {
    return lowerBound(chunk.length, (index) => this.compare(chunk[index] as A, item) < 0)
  }

  add(item: A): void {
    this.size++
    const at = Math.min(this.chunkOf(item), this.chunks.length - 1)
    const chunk = this.chunks[at]
    if (!chunk) {
      // Many lists hold one item, and a literal takes no more room than that.
      this.chunks = [[item]]
      return
    }
    chunk.splice(this.indexIn(chunk, item), 0, item)
    if (chunk.length > chunkMax) this.chunks.splice(at + 1, 0, chunk.splice(chunkMax / 2))
  }

  /** Takes out an item that is in. An order that does not find it again is broken, and so is all that stands on it. */
  remove(item: A): void {
    const at = this.chunkOf(item)
    const chunk = this.chunks[at] ?? []
    const index = this.indexIn(chunk, item)
    if (index === chunk.length || this.compare(chunk[index] as A, item) !== 0)
      throw new Error("an item is not where its order puts it")
    chunk.splice(index, 1)
    if (chunk.length === 0) this.chunks.splice(at, 1)
    this.size--
  }

  /** How many items come before this one, which need not be in. */
  rank(item: A): number {
    const at = this.chunkOf(item)
    let before = 0
    for (let index = 0; index < at; index++) before += (this.chunks[index] as Array<A>).length
    const chunk = this.chunks[at]
    return chunk ? before + this.indexIn(chunk, item) : before
  }

  *[Symbol.iterator](): Generator<A, void> {
    for (const chunk of this.chunks) yield* chunk
  }
}
