/**
 * Events as rows and back. The envelope has columns of its own, so that a store can be searched without parsing;
 * the data is JSON.
 */
import * as Schema from "effect/Schema"
import * as SchemaJITCompiler from "effect/schema/SchemaJITCompiler"
import { type Event, EventData, eventVersions } from "../queue/Event.ts"
import type { Envelope } from "../run/Envelope.ts"
import { canonicalJson } from "./canonicalJson.ts"
import { type LogError, logError } from "./LogError.ts"
import { makeUpcast, type Upcasters } from "./Upcasters.ts"

/** The columns of an event, in the order in which stores keep them. */
export type Row = readonly [
  position: number,
  turn: number,
  at: number,
  type: string,
  version: number,
  run: string | null,
  actor: string,
  cause: string | null,
  epoch: number,
  data: string
]

/** An event without its data: what befell which run, when and by whom. */
export interface Outline extends Envelope {
  readonly type: string
}

/** The columns of an event but its data. */
export type OutlineRow = Row extends readonly [...infer Columns, data: string] ? Readonly<Columns> : never

export const outlineOf = ([
  position,
  turn,
  at,
  type,
  version,
  run,
  actor,
  cause,
  epoch
]: OutlineRow): Outline => ({ position, turn, at, type, version, run, actor, cause, epoch })

/** Whether the keys of all objects in it stand in canonical order already. */
const isOrdered = (value: unknown): boolean => {
  if (typeof value !== "object" || value === null) return true
  if (Array.isArray(value)) return value.every(isOrdered)
  let last = ""
  for (const key in value) {
    if (key < last || !isOrdered((value as Record<string, unknown>)[key])) return false
    last = key
  }
  return true
}

/**
 * Canonical, since it is hashed. What RFC 8785 has no text for, half a surrogate pair, is written as JSON has it.
 * Where the keys stand in order, as most of ours do, JavaScript's own text is the canonical one, and made faster.
 */
export const dataText = (data: unknown): string => {
  if (isOrdered(data)) return JSON.stringify(data)
  try {
    return canonicalJson(data)
  } catch {
    return JSON.stringify(data)
  }
}

export const toRow = (event: Event): Row => [
  event.position,
  event.turn,
  event.at,
  event.type,
  event.version,
  event.run,
  event.actor,
  event.cause,
  event.epoch,
  dataText(event.data)
]

/** Compiled where the runtime allows it, since every replay decodes every event. */
const decoderOf = (schema: Schema.Codec<unknown>): ((data: unknown) => unknown) => {
  SchemaJITCompiler.enable(schema.ast)
  return Schema.decodeUnknownSync(schema)
}

const newer = (log: string, found: string, known: string): LogError =>
  logError({ _tag: "NewerFormat", log, found, known })

/** The forms that events have: for each type the schema of its data, its version, and the steps from earlier ones. */
interface Forms {
  readonly schemas: Readonly<Record<string, Schema.Top>>
  readonly versions: Readonly<Record<string, number>>
  readonly upcasters: Upcasters
}

/** What reads rows of events that have these forms, in whatever version each was written. */
export const makeFromRow = ({ schemas, versions, upcasters }: Forms) => {
  const upcast = makeUpcast(versions, upcasters)
  const forms = new Map(
    Object.entries(schemas).map(([type, schema]) => [
      type,
      { decode: decoderOf(schema as Schema.Codec<unknown>), known: versions[type] as number }
    ])
  )
  return (log: string, row: Row): Event => {
    const [position, turn, at, type, version, run, actor, cause, epoch, data] = row
    const form = forms.get(type)
    if (!form) throw newer(log, `events of type ${type}`, [...forms.keys()].join(", "))
    const { decode, known } = form
    if (version > known) throw newer(log, `${type} in version ${version}`, `version ${known}`)
    try {
      const parsed: unknown = JSON.parse(data)
      const current = version === known ? parsed : upcast(type, version, parsed)
      const fields = { position, turn, at, type, version: known, run, actor, cause, epoch }
      return { ...fields, data: decode(current) } as Event
    } catch (error) {
      const issue = `${type} cannot be read: ${error instanceof Error ? error.message : String(error)}`
      throw logError({ _tag: "Corrupt", position, issue })
    }
  }
}

/**
 * Reads a row of the log that `log` names, as an event in the form of today; throws a `LogError` where it holds none that
 * this version knows. Fields that this version does not know are left out: they stay in the row.
 */
export const fromRow = makeFromRow({ schemas: EventData, versions: eventVersions, upcasters: {} })
