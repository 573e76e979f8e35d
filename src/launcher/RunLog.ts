/**
 * The lines that a run writes about itself, in one file of its attempt.
 */
import { appendFile, mkdir } from "node:fs/promises"
import { join } from "node:path"
import { settings } from "../settings.ts"
import { folderOf } from "./Artifacts.ts"
import type { Assignment } from "./Launcher.ts"

/**
 * Writes in the background and in order; the file is made with the first line. A line that cannot be written is
 * lost, for that is nothing a run should fail of.
 */
export class RunLog {
  private readonly root: string
  private readonly of: Assignment
  private isMade = false
  private pending = ""
  private written = 0
  private writing = false

  constructor(root: string, of: Assignment) {
    this.root = root
    this.of = of
  }

  add(line: string): void {
    if (this.written > settings.runLogBytesMax) return
    const text = `${line}\n`
    this.written += Buffer.byteLength(text)
    this.pending += this.written > settings.runLogBytesMax ? "… the log is full\n" : text
    if (!this.writing) void this.write()
  }

  private async write(): Promise<void> {
    this.writing = true
    const folder = folderOf(this.root, this.of)
    while (this.pending !== "") {
      const text = this.pending
      this.pending = ""
      try {
        if (!this.isMade) await mkdir(folder, { recursive: true })
        this.isMade = true
        await appendFile(join(folder, "log"), text)
      } catch {
        // The next line may find room again.
      }
    }
    this.writing = false
  }
}
