/**
 * `run_coordinator`: a class by name, with its own configuration.
 */
import * as Schema from "effect/Schema"

/** What the class of a run coordinator amounts to here. */
export type CoordinatorKind = "queued" | "immediate" | "custom"

/** Dagster's queue: runs stand in line. */
export const queuedClass = "QueuedRunCoordinator"

/** Dagster's name for starting runs as they come. */
export const immediateClass = "SyncInMemoryRunCoordinator"

const kinds: Readonly<Record<string, CoordinatorKind>> = {
  [queuedClass]: "queued",
  [immediateClass]: "immediate",
  DefaultRunCoordinator: "immediate"
}

/** The run coordinators that Dagster comes with. */
export const dagsterCoordinators: ReadonlyArray<string> = Object.keys(kinds)

/** Whether a module is of Dagster itself. */
export const isOfDagster = (module: unknown): boolean =>
  typeof module === "string" && /^dagster(\.|$)/.test(module)

/** The kind of a coordinator by its module and class; a class that is not Dagster's own is a custom one. */
export const kindOf = (module: unknown, name: unknown): CoordinatorKind =>
  isOfDagster(module) && typeof name === "string" && Object.hasOwn(kinds, name)
    ? (kinds[name] ?? "custom")
    : "custom"

/** The schema of `run_coordinator`; a custom class may have keys of its own besides those of the queue. */
export const coordinatorSchema = <F extends Schema.Struct.Fields>(kind: CoordinatorKind, queue: F) => {
  const Queue = Schema.Struct(queue)
  const Nothing = Schema.Record(Schema.String, Schema.Unknown).check(
    Schema.makeFilter((keys) => {
      const names = Object.keys(keys).join(", ")
      return names === "" || `expected no keys, got ${names}: this class starts runs as they come`
    })
  )
  const configs = {
    queued: Queue,
    immediate: Nothing,
    custom: Schema.StructWithRest(Queue, [Schema.Record(Schema.String, Schema.Unknown)])
  }
  // Of each kind at least the keys of the queue can be asked for; what else a custom class has is not looked at.
  const config = configs[kind] as unknown as typeof Queue
  return Schema.Struct({
    module: Schema.NonEmptyString.annotateKey({ description: "The Python module of the class." }),
    class: Schema.NonEmptyString.annotateKey({
      description: `\`${queuedClass}\`, \`${immediateClass}\`, \`DefaultRunCoordinator\`, or a class of one's own.`
    }),
    config: Schema.optionalKey(config).annotateKey({ description: "For the queue: the keys of `run_queue`." })
  })
}
