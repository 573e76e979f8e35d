/**
 * An event as one line of JSON: its columns, its hash, its data. Data comes last and is the very text that the store
 * has, so that whatever stands in it comes back letter for letter, whether this version knows it or not.
 */
import * as Schema from "effect/Schema"
import * as SchemaJITCompiler from "effect/schema/SchemaJITCompiler"
import { envelopeFields } from "../run/Envelope.ts"
import { dataText } from "./codec.ts"
import type { Entry } from "./EventLog.ts"

const typePrefix = "signalbox."
/** The end of the year 9999. */
const lastMoment = 253_402_300_799_999

const hex = (hash: Uint8Array): string => Buffer.from(hash).toString("hex")

/** An object as JSON with one more member, `data`, whose text is given. */
const withData = (members: object, data: string): string =>
  `${JSON.stringify(members).slice(0, -1)},"data":${data}}`

/** The line of an event in an NDJSON export. */
export const eventLine = ({ row, hash }: Entry): string => {
  const [position, turn, at, type, version, run, actor, cause, epoch, data] = row
  return withData({ position, turn, at, type, version, run, actor, cause, epoch, hash: hex(hash) }, data)
}

/**
 * The line of an event as a CloudEvent 1.0 in structured JSON. Its id is its hash, which no other event of any log has.
 * Throws an `Error` where it happened at a time that RFC 3339 has no text for.
 */
export const cloudEventLine =
  (source: string) =>
  ({ row, hash }: Entry): string => {
    const [position, turn, at, type, version, run, actor, cause, epoch, data] = row
    if (at > lastMoment) throw new Error(`CloudEvents have no time ${at} ms after 1970`)
    const members = {
      specversion: "1.0",
      id: hex(hash),
      source,
      type: typePrefix + type,
      ...(run !== null && { subject: run }),
      time: new Date(at).toISOString(),
      datacontenttype: "application/json",
      // Numbers as text: those of CloudEvents end at 32 bits.
      position: String(position),
      turn: String(turn),
      epoch: String(epoch),
      formversion: String(version),
      actor,
      ...(cause !== null && { cause })
    }
    return withData(members, data)
  }

const Hash = Schema.String.check(
  Schema.isPattern(/^[0-9a-f]{64}$/, { message: "a hash is 64 digits, 0 to 9 and a to f" })
)
const Type = Schema.NonEmptyString

const Line = Schema.Struct({ ...envelopeFields, type: Type, hash: Hash })

const Digits = Schema.String.check(
  Schema.isPattern(/^[1-9][0-9]{0,15}$/, { message: "expected a whole number above 0, as text" })
)
const CloudEvent = Schema.Struct({
  specversion: Schema.Literal("1.0"),
  id: Hash,
  type: Schema.String.check(Schema.isPattern(/^signalbox\../, { message: "expected signalbox.…" })),
  subject: Schema.optionalKey(envelopeFields.run),
  time: Schema.String.check(
    Schema.makeFilter((text) => !Number.isNaN(Date.parse(text)), {
      message: "expected a time as in RFC 3339"
    })
  ),
  position: Digits,
  turn: Digits,
  epoch: Digits,
  formversion: Digits,
  actor: Schema.String,
  cause: Schema.optionalKey(Schema.String)
})

const readerOf = <A>(schema: Schema.Codec<A>): ((value: unknown) => A) => {
  SchemaJITCompiler.enable(schema.ast)
  return Schema.decodeUnknownSync(schema)
}
const readLine = readerOf(Line)
const readCloudEvent = readerOf(CloudEvent)

const lineEntry = (members: unknown, data: string): Entry => {
  const { position, turn, at, type, version, run, actor, cause, epoch, hash } = readLine(members)
  return {
    row: [position, turn, at, type, version, run, actor, cause, epoch, data],
    hash: Buffer.from(hash, "hex")
  }
}

const cloudEventEntry = (members: unknown, data: string): Entry => {
  const event = readCloudEvent(members)
  const type = event.type.slice(typePrefix.length)
  const [position, turn, version, epoch] = [event.position, event.turn, event.formversion, event.epoch].map(
    Number
  ) as [number, number, number, number]
  const { subject = null, actor, cause = null } = event
  return {
    row: [position, turn, Date.parse(event.time), type, version, subject, actor, cause, epoch, data],
    hash: Buffer.from(event.id, "hex")
  }
}

const dataMark = ',"data":'

/** Its members, and the text of its data: as it stands there if that comes last, else as it is written canonically. */
const parse = (line: string): readonly [members: unknown, data: string] => {
  const at = line.indexOf(dataMark)
  if (at > 0 && line.endsWith("}")) {
    const data = line.slice(at + dataMark.length, -1)
    try {
      JSON.parse(data)
      return [JSON.parse(`${line.slice(0, at)}}`), data]
    } catch {
      // Not last: some other program has put the members in its own order.
    }
  }
  const members: unknown = JSON.parse(line)
  if (typeof members !== "object" || members === null || !("data" in members)) {
    throw new Error("it has no member `data`")
  }
  return [members, dataText(members.data)]
}

/** The event of a line of either kind, whoever has written it. Throws an `Error` that says what is wrong with it. */
export const readEventLine = (line: string): Entry => {
  const [members, data] = parse(line)
  const isCloudEvent = typeof members === "object" && members !== null && "specversion" in members
  return (isCloudEvent ? cloudEventEntry : lineEntry)(members, data)
}
