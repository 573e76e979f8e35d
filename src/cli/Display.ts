/**
 * Lines that stay, and below them, on a terminal, a few that are drawn anew.
 */
import { createLogUpdate } from "log-update"

export class Display {
  readonly isLive: boolean
  private silent: boolean
  private readonly update = createLogUpdate(process.stdout)

  constructor(isLive: boolean, silent: boolean) {
    this.isLive = isLive
    this.silent = silent
    // Who reads no more does not end the work: `signalbox run | head`.
    process.stdout.on("error", () => {
      this.silent = true
    })
  }

  /** A line that stays, if there is one. */
  line(text: string | undefined): void {
    if (this.silent || text === undefined) return
    if (this.isLive) this.update.persist(text)
    else process.stdout.write(`${text}\n`)
  }

  /** What goes on now, in place of what was drawn before. */
  live(text: string): void {
    if (this.isLive) this.update(text)
  }

  /** A line for the person at the terminal, whatever the output is. */
  note(text: string): void {
    if (this.isLive) this.update.persist(text)
    else process.stderr.write(`${text}\n`)
  }

  /** Clears what was drawn. */
  end(): void {
    if (!this.isLive) return
    this.update.clear()
    this.update.done()
  }
}
