import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, describe, expect, it } from "@effect/vitest"
import * as fc from "fast-check"
import { saveOutput } from "../../../src/launcher/saveOutput.ts"
import { settings } from "../../../src/settings.ts"

const folder = mkdtempSync(join(tmpdir(), "signalbox-output-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const read = (name: string) => readFileSync(join(folder, name), "utf8")

const framed = (stream: number, text: string): Buffer => {
  const header = Buffer.from([stream, 0, 0, 0, 0, 0, 0, 0])
  const body = Buffer.from(text)
  header.writeUInt32BE(body.length, 4)
  return Buffer.concat([header, body])
}

async function* inPieces(bytes: Buffer, sizes: ReadonlyArray<number>): AsyncGenerator<Buffer> {
  let at = 0
  for (let nth = 0; at < bytes.length; nth++) {
    const size = sizes[nth % sizes.length] ?? 1
    yield bytes.subarray(at, at + size)
    at += size
  }
}

const frames = fc.array(fc.tuple(fc.constantFrom(1, 2), fc.string({ unit: "grapheme", maxLength: 40 })))
const sizes = fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1 })

describe("what a container has printed", () => {
  it("stands in two files, however it arrives", () =>
    fc.assert(
      fc.asyncProperty(frames, sizes, async (printed, pieces) => {
        const bytes = Buffer.concat(printed.map(([stream, text]) => framed(stream, text)))
        const tail = await saveOutput(inPieces(bytes, pieces), folder)
        const [out, err] = [1, 2].map((stream) =>
          printed.flatMap(([of, text]) => (of === stream ? [text] : [])).join("")
        )
        expect([read("stdout"), read("stderr")]).toEqual([out, err])
        expect(tail).toBe(err?.trimEnd() || out?.trimEnd())
      })
    ))

  it("is kept up to a bound, and its end is known all the same", async () => {
    const line = `${"bread ".repeat(100)}\n`
    const count = Math.ceil((settings.runLogBytesMax * 1.5) / line.length)
    const bytes = Buffer.concat([
      ...Array.from({ length: count }, () => framed(1, line)),
      framed(1, "the end\n")
    ])
    const tail = await saveOutput(inPieces(bytes, [65_536]), folder)
    expect(read("stdout")).toHaveLength(settings.runLogBytesMax + "\n… there is no room for more\n".length)
    expect(tail.endsWith("\nthe end")).toBe(true)
    expect(Buffer.byteLength(tail)).toBeLessThanOrEqual(settings.outputTailBytes)
  })
})
