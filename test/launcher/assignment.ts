import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import type { Assignment, Report, Tell } from "../../src/launcher/Launcher.ts"
import type { RunSpec } from "../../src/run/RunSpec.ts"

/** The first attempt at a run, that nobody can have started before. */
export const assignmentOf = (spec: RunSpec): Assignment => ({
  run: spec.id,
  attempt: 1,
  spec,
  recovered: false
})

/** Hears what a launcher tells. */
export class Ear {
  private readonly heard: Queue.Queue<Report>
  readonly tell: Tell

  private constructor(heard: Queue.Queue<Report>) {
    this.heard = heard
    this.tell = (report) => Queue.offerUnsafe(heard, report)
  }

  static readonly make: Effect.Effect<Ear> = Effect.map(Queue.unbounded<Report>(), (heard) => new Ear(heard))

  /** The next report. */
  get next(): Effect.Effect<Report> {
    return Queue.take(this.heard)
  }

  /** All that was told and is not heard yet. */
  get rest(): Effect.Effect<ReadonlyArray<Report>> {
    return Queue.clear(this.heard)
  }
}
