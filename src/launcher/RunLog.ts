/**
 * The lines that an inline run writes about itself, in one file of its attempt.
 */
import { appendFile } from "node:fs"
import { join } from "node:path"
import { settings } from "../settings.ts"
import { makeFolder } from "./Artifacts.ts"
import type { Assignment } from "./Launcher.ts"

/** Writes in the background and in order; the file is made with the first line. */
export class RunLog {
  private readonly root: string
  private readonly of: Assignment
  private file: string | undefined
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
    this.written += text.length
    this.pending += this.written > settings.runLogBytesMax ? "… the log is full\n" : text
    this.write()
  }

  private write(): void {
    if (this.writing || this.pending === "") return
    this.file ??= join(makeFolder(this.root, this.of), "log")
    const text = this.pending
    this.pending = ""
    this.writing = true
    appendFile(this.file, text, () => {
      this.writing = false
      this.write()
    })
  }
}
