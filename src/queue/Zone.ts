/**
 * A time zone: which moments a time on its clocks stands for. Pure as far as its rules are: those come with the
 * runtime, and a newer one may know others. So what follows from them is recorded, and never worked out again.
 */

const hourMs = 3_600_000
const dayMs = 24 * hourMs

/** What is shown of a moment on clocks that are not set: an hour that is left out, or one that comes twice. */
interface Reading {
  /** The moments at which the clocks show it, in milliseconds since 1970; none where they skip it. */
  readonly moments: ReadonlyArray<number>
  /** Where they skip it: the moment at which they were set. */
  readonly skippedAt?: number
}

export class Zone {
  private readonly format: Intl.DateTimeFormat

  private constructor(format: Intl.DateTimeFormat) {
    this.format = format
  }

  /** The zone of that name; undefined if there is none. */
  static named(name: string): Zone | undefined {
    try {
      return new Zone(new Intl.DateTimeFormat("en-US", { timeZone: name, timeZoneName: "longOffset" }))
    } catch {
      return undefined
    }
  }

  /** By how much its clocks are ahead of UTC at a moment, in milliseconds. */
  offsetAt(at: number): number {
    const shown = this.format.formatToParts(at).find(({ type }) => type === "timeZoneName")?.value ?? ""
    const [, sign, hours = "0", minutes = "0", seconds = "0"] =
      /([+-])(\d\d):(\d\d)(?::(\d\d))?$/.exec(shown) ?? []
    const ahead = Number(hours) * hourMs + Number(minutes) * 60_000 + Number(seconds) * 1000
    return sign === "-" ? -ahead : ahead
  }

  /** When the offset changes from what it is at `from` to what it is at `upTo`: the first moment of the new one. */
  private changeBetween(from: number, upTo: number): number {
    const before = this.offsetAt(from)
    let [low, high] = [from, upTo]
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2)
      if (this.offsetAt(middle) === before) low = middle
      else high = middle
    }
    return high
  }

  /** The moments at which the clocks show a time, given as if they were those of UTC. */
  read(shown: number): Reading {
    const before = this.offsetAt(shown - dayMs)
    const after = this.offsetAt(shown + dayMs)
    const offsets = before === after ? [before] : [before, after]
    const moments = offsets
      .filter((offset) => this.offsetAt(shown - offset) === offset)
      .map((offset) => shown - offset)
    return moments.length > 0
      ? { moments }
      : { moments, skippedAt: this.changeBetween(shown - dayMs, shown + dayMs) }
  }
}
