import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Latch from "effect/Latch"
import type { EventLog } from "../../src/log/EventLog.ts"
import { FailingLog } from "./FailingLog.ts"

/** A log whose appends wait while it is held. */
export class HeldLog {
  readonly log: EventLog["Service"]
  private readonly gate = Latch.makeUnsafe(true)
  private arrived = Deferred.makeUnsafe<void>()

  constructor(log: EventLog["Service"]) {
    this.log = new FailingLog(log, () => (append) => {
      Deferred.doneUnsafe(this.arrived, Effect.void)
      return Effect.andThen(this.gate.await, append)
    }).log
  }

  /** From now on appends wait. */
  hold(): void {
    this.arrived = Deferred.makeUnsafe()
    this.gate.closeUnsafe()
  }

  /** Waits until an append waits. */
  get waits(): Effect.Effect<void> {
    return Deferred.await(this.arrived)
  }

  release(): void {
    this.gate.openUnsafe()
  }
}
