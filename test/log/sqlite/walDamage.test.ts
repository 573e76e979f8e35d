/**
 * A write-ahead log that lost its end, or was damaged: what a log promises for each, on real files.
 *
 * - An end that is missing or torn is what a crash leaves: all turns before it are there, whole, and nothing else.
 * - Where anything is damaged before turns that were durable, the log is refused and stays as it is.
 * - No event is ever made up, and no turn is there in part.
 */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import fc from "fast-check"
import { vi } from "vitest"
import { walDamage } from "../../../src/log/sqlite/walDamage.ts"
import { type CrashImage, crashImage, fateOf, frameBytes, headerBytes } from "./crashImage.ts"

// Real files and processes on a machine that may be busy with others.
vi.setConfig({ testTimeout: 120_000 })

const image = await Effect.runPromise(crashImage(6, 12))
const { file, wal, events, inFile, turns } = image

/** The last position that is durable where so many bytes of the write-ahead log are left. */
const durableIn = ({ turns }: CrashImage, bytes: number): number =>
  turns.findLast(({ walBytes }) => walBytes <= bytes)?.position ?? inFile

const prefix = (position: number) => ({ events: events.slice(0, position) })

const frameHeaderBytes = 24
const frames = (wal.length - headerBytes) / frameBytes
/** The first byte of each turn in the write-ahead log. The lead was taken before the first. */
const begins = [headerBytes, ...turns.map(({ walBytes }) => walBytes)]
const turnOf = (byte: number): number => turns.findIndex(({ walBytes }) => byte < walBytes)

const cut = (bytes: number): Buffer => wal.subarray(0, bytes)
const changed = (at: number, bytes: Uint8Array): Buffer => {
  const copy = Buffer.from(wal)
  copy.set(bytes, at)
  return copy
}

const anyByte = fc.integer({ min: 0, max: wal.length - 1 })
const holds = <T>(arbitrary: fc.Arbitrary<T>, rule: (value: T) => Promise<void>, numRuns = 60) =>
  fc.assert(fc.asyncProperty(arbitrary, rule), { numRuns })

it("the image has turns in the file and beside it", () => {
  expect(inFile).toBeGreaterThan(5)
  expect(frames).toBeGreaterThan(24)
  expect(begins.length).toBe(13)
})

describe("a write-ahead log whose end is gone", () => {
  it("whole, has all that was durable", async () => {
    expect(await fateOf(file, wal)).toEqual(prefix(events.length))
  })

  it("cut off behind each page, has the turns before that, whole", async () => {
    for (let frame = 0; frame <= frames; frame++) {
      const bytes = headerBytes + frame * frameBytes
      expect(await fateOf(file, cut(bytes)), `${frame} pages`).toEqual(prefix(durableIn(image, bytes)))
    }
  })

  it("cut off or half copied at any byte, has the turns before that, whole", () =>
    holds(anyByte, async (bytes) => {
      expect(await fateOf(file, cut(bytes))).toEqual(prefix(durableIn(image, bytes)))
    }))

  it("full of zeros from any byte on, as a file that has its size before its content, has the turns before that", () =>
    holds(anyByte, async (at) => {
      const zeros = changed(at, Buffer.alloc(wal.length - at))
      expect(await fateOf(file, zeros)).toEqual(prefix(durableIn(image, at)))
    }))

  it("with a last page that is torn at any sector, lacks the last turn", async () => {
    for (let sector = 0; sector < 8; sector++) {
      const torn = changed(wal.length - 4_096 + 512 * sector, Buffer.alloc(4_096 - 512 * sector, 0xaa))
      expect(await fateOf(file, torn)).toEqual(prefix(durableIn(image, wal.length - 1)))
    }
  })

  it("gone as a whole, has what stands in the file: nothing in it says that there was more", async () => {
    expect(await fateOf(file, undefined)).toEqual(prefix(inFile))
    expect(await fateOf(file, Buffer.alloc(0))).toEqual(prefix(inFile))
  })
})

describe("a write-ahead log that is damaged before its end", () => {
  const flipped = (at: number, bit: number): Buffer => changed(at, Buffer.of((wal[at] ?? 0) ^ (1 << bit)))
  const anyBit = fc.integer({ min: 0, max: 7 })
  const beforeLastTwo = (begins.at(-3) ?? 0) - 1

  it("by one bit anywhere before the last two turns, is refused and left alone", () =>
    holds(
      fc.tuple(fc.integer({ min: 0, max: beforeLastTwo }), anyBit),
      async ([at, bit]) => {
        const fate = await fateOf(file, flipped(at, bit))
        const page = Math.floor((at - headerBytes) / frameBytes) + 1
        const where = at < headerBytes ? "at its beginning" : `at its page ${page}`
        expect(fate).toMatchObject({
          refused: { _tag: "Corrupt", issue: expect.stringContaining(`-wal is damaged ${where}`) }
        })
      },
      100
    ))

  it("by one bit in the last two turns, is refused or lacks those turns, whole", () =>
    holds(
      fc.tuple(fc.integer({ min: beforeLastTwo + 1, max: wal.length - 1 }), anyBit),
      async ([at, bit]) => {
        const fate = await fateOf(file, flipped(at, bit))
        if ("refused" in fate) expect(fate.refused).toMatchObject({ _tag: "Corrupt" })
        else expect(fate).toEqual(prefix(durableIn(image, at)))
        // A frame's header says whether it is a commit; changed, it may say so of one that is none.
        const isInHeader = (at - headerBytes) % frameBytes < frameHeaderBytes
        if (turnOf(at) === turns.length - 1 && !isInHeader) expect(fate).toHaveProperty("events")
      }
    ))

  it("in any bit of its beginning, is refused", async () => {
    for (let bit = 0; bit < 8 * headerBytes; bit++) {
      expect(walDamage(flipped(bit >> 3, bit & 7), 4_096), `bit ${bit}`).toBe(0)
    }
  })

  it("by a hole of any length that ends before the last two turns, is refused", () =>
    holds(
      fc.tuple(fc.integer({ min: 0, max: beforeLastTwo }), fc.integer({ min: 1, max: 20_000 })),
      async (hole) => {
        const [at, length] = hole
        const zeros = Buffer.alloc(Math.min(length, beforeLastTwo + 1 - at))
        // Where zeros have stood, they are no damage.
        if (wal.subarray(at, at + zeros.length).equals(zeros)) return
        expect(await fateOf(file, changed(at, zeros))).toMatchObject({ refused: { _tag: "Corrupt" } })
      }
    ))
})

describe("a write-ahead log that is sound", () => {
  it("is not called damaged for what an earlier one has left behind its end", async () => {
    // Begun anew, it has other salts; what stands behind its end is of before.
    const later = await Effect.runPromise(crashImage(4, 2))
    const both = Buffer.concat([later.wal, wal.subarray(later.wal.length)])
    expect(walDamage(both, 4_096)).toBeUndefined()
    expect(await fateOf(later.file, both)).toEqual({ events: later.events })
  })

  it("is not called damaged for a turn that failed, and was overwritten by a shorter one", () => {
    // The end of the longer turn still stands there, with one commit.
    const begin = begins.at(-2) ?? 0
    const cutIn = changed(begin, Buffer.alloc(frameBytes, 0x55))
    expect(walDamage(cutIn, 4_096)).toBeUndefined()
  })
})
