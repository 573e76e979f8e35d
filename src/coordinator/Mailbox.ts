/**
 * What waits to be decided: commands with someone who waits for the answer, reports without, questions.
 */
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import type { RunQueue } from "../queue/RunQueue.ts"
import type { Asked, Reply } from "../queue/turn.ts"
import { settings } from "../settings.ts"
import { type CoordinatorError, type CoordinatorErrorReason, coordinatorError } from "./CoordinatorError.ts"

/** One thing to be dealt with in a turn. */
export interface Letter {
  readonly asked: ReadonlyArray<Asked>
  /** Looks at the queue as it stands after the turn, at that time. */
  readonly look?: (queue: RunQueue, now: number) => void
  /** Called when the turn is durable, with a reply for each command. */
  readonly answer?: (replies: ReadonlyArray<Reply>) => void
  /** Set where the coordinator stops with this turn, in which nothing comes after it. */
  readonly last?: true
  /** Called when it never was, or when that is not known. */
  readonly fail?: (error: CoordinatorError) => void
}

const wake: Letter = { asked: [] }

export class Mailbox {
  private readonly letters: Queue.Queue<Letter>
  private closed: CoordinatorErrorReason | undefined

  private constructor(letters: Queue.Queue<Letter>) {
    this.letters = letters
  }

  static readonly make: Effect.Effect<Mailbox> = Effect.map(
    Queue.unbounded<Letter>(),
    (letters) => new Mailbox(letters)
  )

  /** Waits for one letter, then takes those that wait too, until they hold as many commands as are wanted of so many. */
  take(wanted: (letters: number) => number): Effect.Effect<ReadonlyArray<Letter>> {
    return Effect.map(Queue.peek(this.letters), () => {
      const taken: Array<Letter> = []
      for (let left = wanted(Queue.sizeUnsafe(this.letters)); left > 0; ) {
        const next = Queue.takeUnsafe(this.letters)
        if (next?._tag !== "Success") break
        taken.push(next.value)
        left -= next.value.last ? left : Math.max(1, next.value.asked.length)
      }
      return taken
    })
  }

  private refusal(): CoordinatorErrorReason | undefined {
    if (this.closed) return this.closed
    const max = settings.mailboxMax
    return Queue.sizeUnsafe(this.letters) >= max ? { _tag: "MailboxFull", max } : undefined
  }

  private send<A>(
    letter: (resume: (answer: Effect.Effect<A, CoordinatorError>) => void) => Letter
  ): Effect.Effect<A, CoordinatorError> {
    return Effect.callback((resume) => {
      const reason = this.refusal()
      if (reason) resume(Effect.fail(coordinatorError(reason)))
      else Queue.offerUnsafe(this.letters, letter(resume))
    })
  }

  /** Has commands decided, all in one turn; answers when that turn is durable. */
  ask(asked: ReadonlyArray<Asked>): Effect.Effect<ReadonlyArray<Reply>, CoordinatorError> {
    return this.send((resume) => ({
      asked,
      answer: (replies) => resume(Effect.succeed(replies)),
      fail: (error) => resume(Effect.fail(error))
    }))
  }

  /** Answers a question to the queue, when all that the answer rests on is durable; after `last`, with which it stops. */
  query<A>(question: (queue: RunQueue, now: number) => A, last?: Asked): Effect.Effect<A, CoordinatorError> {
    return this.send((resume) => {
      let answer: Effect.Effect<A>
      return {
        asked: last ? [last] : [],
        ...(last && { last: true as const }),
        look: (queue, now) => {
          // A question that throws is its asker's fault alone.
          try {
            answer = Effect.succeed(question(queue, now))
          } catch (error) {
            answer = Effect.die(error)
          }
        },
        answer: () => resume(answer),
        fail: (error) => resume(Effect.fail(error))
      }
    })
  }

  /** Takes a report. Bounded by the runs in flight, so it is never turned away. */
  post(asked: Asked): void {
    if (!this.closed) Queue.offerUnsafe(this.letters, { asked: [asked] })
  }

  /** Has a turn happen, for time has something to decide. */
  wake(): void {
    Queue.offerUnsafe(this.letters, wake)
  }

  /** Takes no more, and tells those who wait. */
  close(why: string): Effect.Effect<void> {
    return Effect.gen({ self: this }, function* () {
      this.closed = { _tag: "Stopped", why }
      const left = yield* Queue.clear(this.letters)
      for (const letter of left) letter.fail?.(coordinatorError(this.closed))
    })
  }
}
