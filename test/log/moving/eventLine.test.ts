/**
 * Events as lines: nothing of them is lost on the way out and in again, whatever their data holds; and CloudEvents are
 * what the official SDK takes for such.
 */
import { CloudEvent, HTTP } from "cloudevents"
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import type { Row } from "../../../src/log/codec.ts"
import type { Entry } from "../../../src/log/EventLog.ts"
import { cloudEventLine, eventLine, readEventLine } from "../../../src/log/eventLine.ts"
import { arbitraryEvent } from "../arbitraryEvent.ts"
import { entriesOf, plain } from "./entriesOf.ts"

const lastMoment = 253_402_300_799_999

/** An entry that CloudEvents can tell: in a year of four digits. */
const entry = arbitraryEvent.map(
  (event) => entriesOf([{ ...event, at: event.at % (lastMoment + 1) }])[0] as Entry
)

const toCloudEvent = cloudEventLine("https://example.com/runs")

/** An entry whose data is this text. */
const withData = (data: string): Entry => {
  const row: Row = [7, 3, 1_000, "RunQueued", 1, "a", "ann", null, 2, data]
  return { row, hash: new Uint8Array(32).fill(171) }
}

describe.each([
  ["NDJSON", eventLine],
  ["CloudEvents", toCloudEvent]
])("a line of %s", (_, lineOf) => {
  it("is one line, of JSON, and says all that the store has of the event", () => {
    fc.assert(
      fc.property(entry, (given) => {
        const line = lineOf(given)
        expect(line).not.toMatch(/[\n\r]/)
        expect(JSON.parse(line)["data"]).toEqual(JSON.parse(given.row[9]))
        expect(plain([readEventLine(line)])).toEqual(plain([given]))
      }),
      { numRuns: 500 }
    )
  })

  it("keeps the text of its data, however another version or program has written that", () => {
    const texts = [
      '{"z":1,"a":[1.0, 1e2 ,-0,123456789012345678901234567890]}',
      '{"attempt":1,"written by":{"a later":"version"}}',
      '{"data":{"data":"\\",\\"data\\":{}"},"b":"\\ud83e"}',
      '"\\u0061"',
      "null",
      "  {}\t"
    ]
    for (const data of texts) expect(readEventLine(lineOf(withData(data))).row[9]).toBe(data)
  })

  it("may have its members in any order: its data is then written as a log writes it", () => {
    fc.assert(
      fc.property(entry, (given) => {
        const members = Object.entries(JSON.parse(lineOf(given)))
        const turned = JSON.stringify(Object.fromEntries(members.reverse()))
        expect(plain([readEventLine(turned)])).toEqual(plain([given]))
      }),
      { numRuns: 200 }
    )
  })

  it("is refused, with what is wrong, where it says too little, too much or nothing", () => {
    const line = lineOf(withData("{}"))
    const wrong: ReadonlyArray<readonly [line: string, issue: RegExp]> = [
      ["", /JSON/],
      ["[]", /no member `data`/],
      ["null", /no member `data`/],
      ["7", /no member `data`/],
      [line.slice(0, -1), /JSON/],
      [`${line} {}`, /JSON/],
      [`${line}}`, /JSON/],
      [line.replace('"data":{}', '"data":{},"data":'), /JSON/],
      [line.replace(',"data":{}', ""), /no member `data`/],
      [line.replace(/ab"/, 'aB"'), /a hash is 64 digits/],
      [line.replace('"turn"', '"turm"'), /Missing key\s+at \["turn"\]/]
    ]
    for (const [text, issue] of wrong) expect(() => readEventLine(text), text).toThrow(issue)
  })
})

describe("a line of NDJSON", () => {
  it("has the columns of the store in their order, the hash in hexadecimal, and the data", () => {
    expect(eventLine(withData('{"a":1}'))).toBe(
      `{"position":7,"turn":3,"at":1000,"type":"RunQueued","version":1,"run":"a","actor":"ann","cause":null,"epoch":2,"hash":"${"ab".repeat(32)}","data":{"a":1}}`
    )
  })
})

describe("a CloudEvent", () => {
  /** A line as another program passes it on. */
  const throughSdk = (line: string): CloudEvent<unknown> => {
    const event = HTTP.toEvent({ headers: { "content-type": "application/cloudevents+json" }, body: line })
    return Array.isArray(event) ? (event[0] as CloudEvent<unknown>) : (event as CloudEvent<unknown>)
  }

  it("is one for the official SDK, in strict validation, with names that the specification allows", () => {
    fc.assert(
      fc.property(entry, (given) => {
        const members = JSON.parse(toCloudEvent(given))
        expect(new CloudEvent(members, true).validate()).toBe(true)
        for (const name of Object.keys(members)) expect(name).toMatch(/^[a-z0-9]{1,20}$/)
      }),
      { numRuns: 300 }
    )
  })

  it("comes back whole from a program that has read it with the SDK and written it again", () => {
    fc.assert(
      fc.property(entry, (given) => {
        const again = JSON.stringify(throughSdk(toCloudEvent(given)))
        expect(plain([readEventLine(again)])).toEqual(plain([given]))
      }),
      { numRuns: 300 }
    )
  })

  it("names its run as its subject, its time as RFC 3339 does, and itself by its hash", () => {
    const event = throughSdk(toCloudEvent(withData("{}")))
    expect(event).toMatchObject({
      specversion: "1.0",
      id: "ab".repeat(32),
      source: "https://example.com/runs",
      type: "signalbox.RunQueued",
      subject: "a",
      time: "1970-01-01T00:00:01.000Z",
      datacontenttype: "application/json",
      position: "7",
      turn: "3",
      epoch: "2",
      formversion: "1",
      actor: "ann",
      data: {}
    })
    expect("cause" in event).toBe(false)
  })

  it("that happened after the year 9999 cannot be written", () => {
    const { row, hash } = withData("{}")
    const at = (moment: number): Entry => ({ row: row.with(2, moment) as unknown as Row, hash })
    expect(toCloudEvent(at(lastMoment))).toContain('"9999-12-31T23:59:59.999Z"')
    expect(() => toCloudEvent(at(lastMoment + 1))).toThrow("CloudEvents have no time")
  })

  it("of another program is refused, as is one with a time or a number that is none", () => {
    const line = toCloudEvent(withData("{}"))
    expect(() => readEventLine(line.replace("signalbox.Run", "com.example.Run"))).toThrow(
      /expected signalbox/
    )
    expect(() => readEventLine(line.replace(/"time":"[^"]*"/, '"time":"noon"'))).toThrow(/RFC 3339/)
    expect(() => readEventLine(line.replace('"position":"7"', '"position":"7.5"'))).toThrow(/whole number/)
    expect(() => readEventLine(line.replace('"1.0"', '"0.3"'))).toThrow(/specversion/)
  })
})
