/**
 * Writes what a container has printed into the files of its attempt, up to a bound, and answers the end of it.
 */
import { open } from "node:fs/promises"
import { join } from "node:path"
import { settings } from "../settings.ts"
import { endOf } from "./exitOutcome.ts"

const headerBytes = 8

/** The last bytes of what goes through. */
class Tail {
  private bytes = Buffer.alloc(0)
  private isCut = false

  add(chunk: Buffer): void {
    const all = Buffer.concat([this.bytes, chunk])
    this.isCut ||= all.length > settings.outputTailBytes
    this.bytes = all.subarray(-settings.outputTailBytes)
  }

  get text(): string {
    return endOf(this.bytes, this.isCut)
  }
}

/** One of the two streams: its file, and how it ends. */
const outputAt = async (file: string) => {
  const handle = await open(file, "w")
  const tail = new Tail()
  let written = 0
  return {
    tail,
    add: async (chunk: Buffer) => {
      tail.add(chunk)
      const room = settings.runLogBytesMax - written
      if (room <= 0) return
      written += chunk.length
      await handle.write(chunk.subarray(0, room))
      if (chunk.length > room) await handle.write("\n… there is no room for more\n")
    },
    close: () => handle.close()
  }
}

/**
 * Takes frames as Docker has them: a byte that names the stream, three that are 0, four with the length, and so many
 * bytes. Answers the end of the errors, or of the output where there are none.
 */
export const saveOutput = async (chunks: AsyncIterable<Buffer>, folder: string): Promise<string> => {
  const stdout = await outputAt(join(folder, "stdout"))
  const stderr = await outputAt(join(folder, "stderr"))
  try {
    let rest = Buffer.alloc(0)
    let output = stdout
    let left = 0
    for await (const chunk of chunks) {
      rest = Buffer.concat([rest, chunk])
      while (left > 0 ? rest.length > 0 : rest.length >= headerBytes) {
        if (left === 0) {
          output = rest[0] === 2 ? stderr : stdout
          left = rest.readUInt32BE(4)
          rest = rest.subarray(headerBytes)
        }
        const part = rest.subarray(0, left)
        rest = rest.subarray(part.length)
        left -= part.length
        await output.add(part)
      }
    }
  } finally {
    await stdout.close()
    await stderr.close()
  }
  return stderr.tail.text || stdout.tail.text
}
