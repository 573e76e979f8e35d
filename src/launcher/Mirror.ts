/**
 * What a cluster has of a kind, kept up to date by one watch for all who look: it is listed once, and then its changes
 * are followed from that version on. Where the cluster has forgotten that version, it is listed anew.
 */
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { settings } from "../settings.ts"
import type { AskError } from "./askHttp.ts"
import type { ClusterApi, Kind, Thing } from "./ClusterApi.ts"

/** Gone: what was asked for is older than what is remembered. */
const gone = 410

export class Mirror {
  private readonly api: ClusterApi
  private readonly kind: Kind
  private readonly selector: string
  private readonly waiting = new Set<() => void>()
  private readonly things = new Map<string, Thing>()
  private trouble: AskError | "not listed yet" | undefined = "not listed yet"
  private users = 0
  /** How often it has changed. */
  changes = 0
  private following: Fiber.Fiber<never> | undefined

  constructor(api: ClusterApi, kind: Kind, selector: string) {
    this.api = api
    this.kind = kind
    this.selector = selector
  }

  /** Keeps it up to date while the effect runs, together with others that do. */
  during<A>(effect: Effect.Effect<A>): Effect.Effect<A> {
    const enter = Effect.sync(() => {
      if (this.users++ === 0) this.following = Effect.runFork(this.follow())
    })
    const leave = Effect.suspend(() => {
      if (--this.users > 0 || !this.following) return Effect.void
      this.trouble = "not listed yet"
      return Fiber.interrupt(this.following)
    })
    return Effect.acquireUseRelease(
      enter,
      () => effect,
      () => leave
    )
  }

  /** All there is; waits until it is listed, and fails where nobody could look. */
  get all(): Effect.Effect<ReadonlyArray<Thing>, AskError> {
    return Effect.suspend(() => {
      const { trouble } = this
      if (trouble === undefined) return Effect.succeed([...this.things.values()])
      return trouble === "not listed yet"
        ? Effect.andThen(this.changedSince(this.changes), this.all)
        : Effect.fail(trouble)
    })
  }

  /** Ends with the next change after so many. */
  changedSince(changes: number): Effect.Effect<void> {
    return Effect.callback((resume) => {
      if (this.changes !== changes) return resume(Effect.void)
      const told = () => resume(Effect.void)
      this.waiting.add(told)
      return Effect.sync(() => this.waiting.delete(told))
    })
  }

  private change(trouble: AskError | undefined): void {
    this.trouble = trouble
    this.changes++
    const waiting = [...this.waiting]
    this.waiting.clear()
    for (const told of waiting) told()
  }

  private follow(): Effect.Effect<never> {
    return Effect.gen({ self: this }, function* () {
      for (;;) {
        const listed = yield* Effect.result(this.api.list(this.kind, this.selector))
        if (listed._tag === "Failure") {
          this.change(listed.failure)
          yield* Effect.sleep(settings.engineRetryMs)
          continue
        }
        const { items, metadata } = listed.success
        this.things.clear()
        for (const thing of items) this.things.set(thing.metadata.name, thing)
        this.change(undefined)
        yield* this.followFrom(metadata.resourceVersion)
      }
    })
  }

  /** Follows the changes since a version, until it has to be listed anew. */
  private followFrom(from: string): Effect.Effect<void> {
    return Effect.gen({ self: this }, function* () {
      let version = from
      for (;;) {
        const watched = yield* Effect.result(
          this.api.watch(
            this.kind,
            this.selector,
            version,
            ({ type, object }) => {
              version = object.metadata.resourceVersion
              if (type === "BOOKMARK") return
              if (type === "DELETED") this.things.delete(object.metadata.name)
              else this.things.set(object.metadata.name, object)
              this.change(undefined)
            },
            () => {
              if (this.trouble !== undefined) this.change(undefined)
            }
          )
        )
        if (watched._tag === "Success") continue
        if (watched.failure._tag === "Refused" && watched.failure.status === gone) return
        this.change(watched.failure)
        yield* Effect.sleep(settings.engineRetryMs)
      }
    })
  }
}
