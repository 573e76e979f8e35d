/**
 * Time in a simulation. It passes only when it is told to. Sleepers go by time that has passed, as a computer's timers
 * do; the clock on the wall is another thing, which people and other programs set.
 */
/** Whose sleep it is. */
interface Sleeping {
  readonly isDead: boolean
}

interface Sleeper {
  readonly at: number
  readonly host: Sleeping
  readonly wake: () => void
}

const beginning = 1_000_000_000

export class Time {
  /** The milliseconds that have passed. */
  passed = 0
  /** Whether the clock on the wall was ever touched. */
  isTouched = false
  private wall = beginning
  private stands = false
  private readonly sleepers: Array<Sleeper> = []

  /** What the clock on the wall says, in milliseconds since 1970. */
  get now(): number {
    return this.wall
  }

  /** Sets the clock on the wall forward or back. */
  jump(ms: number): void {
    this.isTouched = true
    this.wall = Math.max(0, this.wall + ms)
  }

  /** Lets so much time pass while the clock on the wall stands still. */
  stand(ms: number, settle: () => void): void {
    this.isTouched = true
    this.stands = true
    this.pass(ms, settle)
    this.stands = false
  }

  sleep(host: Sleeping, ms: number, wake: () => void): () => void {
    const sleeper = { at: this.passed + ms, host, wake }
    let place = this.sleepers.length
    while (place > 0 && (this.sleepers[place - 1]?.at ?? 0) > sleeper.at) place--
    this.sleepers.splice(place, 0, sleeper)
    return () => {
      const at = this.sleepers.indexOf(sleeper)
      if (at >= 0) this.sleepers.splice(at, 1)
    }
  }

  /** How long until the next one wakes; undefined if all are awake. */
  get untilNext(): number | undefined {
    this.bury()
    const [first] = this.sleepers
    return first && first.at - this.passed
  }

  private bury(): void {
    while (this.sleepers[0]?.host.isDead) this.sleepers.shift()
  }

  /** Lets so much time pass; whoever wakes acts at that moment, until `settle` has seen to it. */
  pass(ms: number, settle: () => void): void {
    const end = this.passed + ms
    for (
      let until = this.untilNext;
      until !== undefined && this.passed + until <= end;
      until = this.untilNext
    ) {
      this.move(until)
      this.sleepers.shift()?.wake()
      settle()
    }
    this.move(Math.max(0, end - this.passed))
  }

  private move(ms: number): void {
    this.passed += ms
    if (!this.stands) this.wall += ms
  }
}
