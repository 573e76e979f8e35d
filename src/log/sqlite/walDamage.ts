/**
 * Whether a write-ahead log has lost what was durable. SQLite reads it up to the first frame that does not fit, and takes
 * the rest for a transaction that a crash cut off. So it is after a crash; but where the disk, or a copy, has damaged a
 * frame in the middle, turns that were acknowledged stand behind it, and would be dropped without a word.
 *
 * The two can be told apart. With `synchronous = FULL` nothing is written behind a commit before that commit is on the
 * disk, and the checksum of each frame continues that of the frame before. So a commit behind the end, with a frame that
 * continues it, was durable.
 */

/** Each pair of words adds to both sums; see "WAL File Format" in SQLite's documentation. */
const checksum = (words: DataView, littleEndian: boolean, seed: readonly [number, number]) => {
  let [a, b] = seed
  for (let at = 0; at + 8 <= words.byteLength; at += 8) {
    a = (a + words.getUint32(at, littleEndian) + b) | 0
    b = (b + words.getUint32(at + 4, littleEndian) + a) | 0
  }
  return [a >>> 0, b >>> 0] as const
}

const headerBytes = 32
const frameHeaderBytes = 24
/** The first number of the header says which end of the words that are summed up comes first. */
const magics = { littleEndian: 0x377f0682, bigEndian: 0x377f0683 }

type Sums = readonly [number, number]

class Wal {
  private readonly bytes: DataView
  private readonly pageBytes: number
  private readonly littleEndian: boolean
  readonly frames: number

  constructor(wal: Uint8Array, pageBytes: number, littleEndian: boolean) {
    this.bytes = new DataView(wal.buffer, wal.byteOffset, wal.byteLength)
    this.pageBytes = pageBytes
    this.littleEndian = littleEndian
    this.frames = Math.floor((wal.byteLength - headerBytes) / (frameHeaderBytes + pageBytes))
  }

  private part(at: number, length: number): DataView {
    return new DataView(this.bytes.buffer, this.bytes.byteOffset + at, length)
  }

  private pair(at: number): Sums {
    return [this.bytes.getUint32(at), this.bytes.getUint32(at + 4)]
  }

  private at(frame: number): number {
    return headerBytes + frame * (frameHeaderBytes + this.pageBytes)
  }

  private sums(frame: number): Sums {
    return frame < 0 ? this.pair(24) : this.pair(this.at(frame) + 16)
  }

  get isHeaderSound(): boolean {
    const magic = this.littleEndian ? magics.littleEndian : magics.bigEndian
    return (
      this.bytes.getUint32(0) === magic &&
      isSame(checksum(this.part(0, 24), this.littleEndian, [0, 0]), this.pair(24))
    )
  }

  /** Salts: the same in all that was written since the file was last begun anew. */
  salts(frame: number): Sums {
    return frame < 0 ? this.pair(16) : this.pair(this.at(frame) + 8)
  }

  isCommit(frame: number): boolean {
    return this.bytes.getUint32(this.at(frame) + 4) !== 0
  }

  /** Whether the frame continues the one before it, or the header. */
  continues(frame: number): boolean {
    const at = this.at(frame)
    const begun = checksum(this.part(at, 8), this.littleEndian, this.sums(frame - 1))
    const page = checksum(this.part(at + frameHeaderBytes, this.pageBytes), this.littleEndian, begun)
    return isSame(page, this.sums(frame))
  }
}

const isSame = (one: Sums, other: Sums): boolean => one[0] === other[0] && one[1] === other[1]

/** Where what was durable is lost; the header counts as frame 0. */
const firstDamage = (file: Wal): number | undefined => {
  const { isHeaderSound } = file
  // What an earlier write-ahead log has left behind has other salts. A damaged header cannot say which are of now.
  const isOfNow = (frame: number) => !isHeaderSound || isSame(file.salts(frame), file.salts(-1))
  const goesOn = (frame: number) =>
    isSame(file.salts(frame), file.salts(frame + 1)) && file.continues(frame + 1)
  let end = 0
  while (isHeaderSound && end < file.frames && isOfNow(end) && file.continues(end)) end++
  for (let frame = end; frame + 1 < file.frames; frame++) {
    const isDurable = isOfNow(frame) && file.isCommit(frame) && goesOn(frame)
    if (isDurable) return isHeaderSound ? end + 1 : 0
  }
  return undefined
}

/**
 * The first frame, counted from 1, at which a write-ahead log is damaged; 0 is its header. Undefined if it is sound, or
 * ends as a crash may leave it. `wal` is the whole file, of a database with pages of this size.
 */
export const walDamage = (wal: Uint8Array, pageBytes: number): number | undefined => {
  if (wal.byteLength < headerBytes + frameHeaderBytes + pageBytes) return undefined
  const both = [true, false].map((littleEndian) => new Wal(wal, pageBytes, littleEndian))
  const files = both.filter((file) => file.isHeaderSound)
  // Its header damaged, it may be of either kind.
  return (files.length > 0 ? files : both).map(firstDamage).find((frame) => frame !== undefined)
}
