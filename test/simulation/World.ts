/**
 * A small world around the pure core: a queue, the log that it writes, a clock that goes as it is told, and the
 * workers that its decisions start and stop. Nothing in it waits; what happens next is up to the history.
 */
import type { Event } from "../../src/queue/Event.ts"
import type { Orders } from "../../src/queue/order.ts"
import type { Command } from "../../src/queue/QueueCommand.ts"
import { RunQueue } from "../../src/queue/RunQueue.ts"
import { type Asked, type Touched, type Turn, turn } from "../../src/queue/turn.ts"
import { intent } from "../../src/run/intent.ts"
import type { RunId } from "../../src/run/RunSpec.ts"

/** An attempt at a run. */
export interface Attempt {
  readonly run: RunId
  readonly attempt: number
}

/** An attempt as the world outside sees it. */
export interface Worker extends Attempt {
  stopping: boolean
}

/** One turn: when it was, what was asked, what came of it, and the position before it. */
export interface Moment {
  readonly now: number
  readonly asked: ReadonlyArray<Asked>
  readonly turn: Turn
  readonly after: number
}

/** The queue that these events make. */
export const fold = (events: Iterable<Event>, orders: Orders = {}): RunQueue => {
  const queue = new RunQueue(orders)
  for (const event of events) queue.apply(event)
  return queue
}

/** Events as a disk gives them back. */
const written = (events: ReadonlyArray<Event>): ReadonlyArray<Event> => JSON.parse(JSON.stringify(events))

export class World {
  queue: RunQueue
  now = 1_000_000
  readonly log: Array<Event> = []
  readonly moments: Array<Moment> = []
  /** What works now, by run. Workers outlive coordinators. */
  readonly workers = new Map<RunId, Worker>()
  /** Each attempt that was ever started. */
  readonly launches: Array<Attempt> = []
  readonly orders: Orders
  private count = 0
  private epoch = 0

  constructor(orders: Orders = {}) {
    this.orders = orders
    this.queue = new RunQueue(orders)
    this.start()
  }

  /** All that was asked so far. */
  get commands(): ReadonlyArray<Command> {
    return this.moments.flatMap(({ asked }) => asked.map(({ command }) => command))
  }

  /** One turn of these commands at this moment. */
  turn(...commands: ReadonlyArray<Command>): Moment {
    const asked = commands.map((command) => ({ id: `c${++this.count}`, actor: "ann", command }))
    const after = this.queue.position
    const moment = { now: this.now, asked, turn: turn(this.queue, asked, this.now), after }
    this.log.push(...written(moment.turn.events))
    this.dispatch(moment.turn.touched)
    this.moments.push(moment)
    return moment
  }

  /** The coordinator is gone, and another takes over what the log says. */
  restart(admits = true): Moment {
    this.queue = fold(this.log, this.orders)
    return this.start(admits)
  }

  private start(admits = true): Moment {
    this.epoch++
    return this.turn({
      _tag: "StartCoordinator",
      epoch: this.epoch,
      software: "test",
      host: "here",
      pid: 1,
      admits
    })
  }

  /** An attempt that began and was told to stop in one turn is stopped before it was launched. */
  private stop(attempt: Attempt, worker: Worker | undefined): void {
    if (worker?.attempt === attempt.attempt) worker.stopping = true
    else this.workers.set(attempt.run, { ...attempt, stopping: true })
  }

  private dispatch(touched: ReadonlyArray<Touched>): void {
    for (const { run } of touched) {
      const wanted = intent(run.state)
      const worker = this.workers.get(run.id)
      if (wanted === "Work" && worker?.attempt !== run.attempt) {
        const attempt = { run: run.id, attempt: run.attempt }
        this.launches.push(attempt)
        this.workers.set(run.id, { ...attempt, stopping: false })
      } else if (wanted === "Stop") this.stop({ run: run.id, attempt: run.attempt }, worker)
      else if (wanted === "Wait" || wanted === "Rest") this.workers.delete(run.id)
    }
  }
}
