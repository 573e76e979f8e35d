/**
 * A log moved with the real program: out as text, in again elsewhere, the same in every letter.
 */
import { spawn } from "node:child_process"
import { copyFileSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type { Row } from "../../src/log/codec.ts"
import { eventHash } from "../../src/log/eventHash.ts"
import { eventLine, readEventLine } from "../../src/log/eventLine.ts"
import { emptyPlaces } from "../log/postgres/database.ts"
import { signalbox, start, temporaryFolder } from "./signalbox.ts"

const recorded = join(import.meta.dirname, "../log/recorded/v1")
/** What the export of the recorded log is, for ever. */
const text = readFileSync(join(recorded, "everything.ndjson"), "utf8")
const lines = text.trimEnd().split("\n")

/** A folder with a copy of the recorded log. */
const recordedLog = () => {
  const folder = temporaryFolder()
  copyFileSync(join(recorded, "everything.db"), join(folder, "log.db"))
  return { folder, call: (...args: ReadonlyArray<string>) => signalbox(folder, ...args) }
}

/** Runs `log import -` with this on its stdin. */
const importing = async (folder: string, text: string, log: string) => {
  const main = process.env["SIGNALBOX_PROGRAM"] ?? ""
  const child = spawn(process.execPath, [main, "log", "import", "-", "--log", log], { cwd: folder })
  let stderr = ""
  child.stderr.setEncoding("utf8").on("data", (said: string) => {
    stderr += said
  })
  child.stdin.end(text)
  const code = await new Promise((resolve) => child.on("close", resolve))
  return { code, stderr }
}

describe("signalbox log export and import", { timeout: 120_000 }, () => {
  it.each(["ndjson", "cloudevents"])("move a log as %s, whole and unchanged", async (format) => {
    const { call, folder } = recordedLog()
    expect(await call("log", "export", "--format", format, "--out", "old.txt")).toMatchObject({ code: 0 })
    const moved = await call("log", "import", "old.txt", "--log", "new/log.db")
    expect(moved).toMatchObject({
      code: 0,
      stdout: `${lines.length} events imported and checked; the log is new/log.db.\n`
    })
    expect((await call("log", "export", "--log", "new/log.db")).stdout).toBe(text)
    expect((await call("audit", "verify", "--log", "new/log.db")).code).toBe(0)
    expect(await call("submit", "--id", "later", "true", "--log", "new/log.db")).toMatchObject({ code: 0 })
    expect((await call("replay", "--log", "new/log.db")).stdout).toContain("every promise is kept")
    expect(readdirSync(join(folder, "new")).filter((name) => name.includes("import"))).toEqual([])
  })

  it("write a part, if that is asked for; a part is no log", async () => {
    const { call, folder } = recordedLog()
    expect((await call("log", "export", "--from", "3", "--to", "4")).stdout.split("\n")).toEqual([
      lines[2],
      lines[3],
      ""
    ])
    const { stdout } = await call("log", "export", "--run", "u1")
    expect(stdout.trimEnd().split("\n")).toEqual(lines.filter((line) => JSON.parse(line).run === "u1"))
    expect(await importing(folder, stdout, "new.db")).toEqual({
      code: 2,
      stderr: `stdin: event 1: it is of position ${JSON.parse(stdout.split("\n")[0] ?? "").position}, where 1 is to follow; an import is of a whole log; nothing was imported\n`
    })
    expect(readdirSync(folder)).not.toContain("new.db")
  })

  it("say which line is wrong, and import nothing then", async () => {
    const { folder } = recordedLog()
    const wrong: ReadonlyArray<readonly [text: string, said: string]> = [
      [lines.with(2, "{}").join("\n"), "stdin: line 3: it has no member `data`; nothing was imported\n"],
      [
        lines.toSpliced(2, 1).join("\n"),
        "stdin: event 3: it is of position 4, where 3 is to follow; nothing was imported\n"
      ],
      [
        lines.with(2, lines[2]?.replace('"epoch":1', '"epoch":2') ?? "").join("\n"),
        "stdin: event 3: what it says does not match its hash and the event before it; nothing was imported\n"
      ],
      ["", "stdin: event 1: there is none; nothing was imported\n"]
    ]
    for (const [text, stderr] of wrong) {
      expect(await importing(folder, text, "new.db")).toEqual({ code: 2, stderr })
    }
    expect(readdirSync(folder)).not.toContain("new.db")
  })

  it("write over nothing, and read only what is there", async () => {
    const { call, folder } = recordedLog()
    writeFileSync(join(folder, "old.txt"), text)
    expect(await call("log", "export", "--out", "old.txt")).toMatchObject({
      code: 2,
      stderr: "old.txt: it is there already\n"
    })
    expect(readFileSync(join(folder, "old.txt"), "utf8")).toBe(text)
    expect(await call("log", "import", "old.txt")).toMatchObject({
      code: 3,
      stderr: "log.db has something in its place; an import makes a new log\n"
    })
    expect(await call("log", "import", "no.txt", "--log", "new.db")).toMatchObject({
      code: 2,
      stderr: "no.txt: there is no such file or folder\n"
    })
    expect(await call("log", "import", ".", "--log", "new.db")).toMatchObject({
      code: 2,
      stderr: ".: it is a folder\n"
    })
  })

  it("leave no file where there was no log to export", async () => {
    const folder = temporaryFolder()
    expect(await signalbox(folder, "log", "export", "--out", "old.txt")).toMatchObject({
      code: 3,
      stderr: "there is no log at log.db\n"
    })
    expect(readdirSync(folder)).toEqual([])
  })

  it("end without a word when who reads has read enough", async () => {
    const { folder } = recordedLog()
    const running = start(folder, ["log", "export"])
    running.child.stdout?.destroy()
    expect(await running.ended).toMatchObject({ code: 0, stderr: "" })
  })
})

const place = emptyPlaces()

it.live(
  "a log moves into Postgres and out again, the same",
  () =>
    Effect.gen(function* () {
      const url = yield* place
      yield* Effect.promise(async () => {
        const { call, folder } = recordedLog()
        writeFileSync(join(folder, "old.txt"), text)
        const moved = await call("log", "import", "old.txt", "--log", url)
        expect(moved).toMatchObject({ code: 0, stdout: expect.stringContaining(`${lines.length} events`) })
        expect((await call("log", "export", "--log", url)).stdout).toBe(text)
        expect(await call("log", "import", "old.txt", "--log", url)).toMatchObject({
          code: 3,
          stderr: expect.stringContaining(`has ${lines.length} events; an import makes a new log`)
        })
        expect(await call("submit", "--id", "later", "true", "--log", url)).toMatchObject({ code: 0 })
        expect((await call("replay", "--log", url)).stdout).toContain("every promise is kept")
      })
    }),
  120_000
)

/** Every command that opens a log, as it may be called. */
const commands: ReadonlyArray<ReadonlyArray<string>> = [
  ["run"],
  ["submit", "--id", "c", "true"],
  ["cancel", "a"],
  ["rerun", "a"],
  ["list"],
  ["show", "a"],
  ["queue"],
  ["why", "a"],
  ["priority", "a", "5"],
  ["top", "a"],
  ["hold", "a"],
  ["release", "a"],
  ["pause"],
  ["resume"],
  ["pool", "list"],
  ["policy", "show"],
  ["policy", "history"],
  ["audit", "decisions"],
  ["pool", "set", "db", "3"],
  ["log"],
  ["replay"]
]
/** Those that look at the rows and not at what they mean. */
const unread: ReadonlyArray<ReadonlyArray<string>> = [
  ["log", "export"],
  ["audit", "verify"]
]

/** The recorded log, on which a later version has gone on: with an event of this type, version and data. */
const wentOn = (type: string, version: number, data: string) => {
  const { folder, call } = recordedLog()
  const last = readEventLine(lines.at(-1) ?? "")
  const position = lines.length + 1
  const row: Row = [position, 1_000, last.row[2], type, version, null, "ann", null, last.row[8], data]
  const hash = eventHash(last.hash, row)
  const db = new DatabaseSync(join(folder, "log.db"))
  db.prepare("INSERT INTO event VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)").run(...row, hash)
  db.close()
  return { folder, call, line: eventLine({ row, hash }) }
}

/** The recorded log in another layout. */
const laidOutAnew = () => {
  const { folder } = recordedLog()
  const db = new DatabaseSync(join(folder, "log.db"))
  db.exec("PRAGMA user_version = 2")
  db.close()
  return folder
}

const events = (folder: string): unknown => {
  const db = new DatabaseSync(join(folder, "log.db"), { readOnly: true })
  const found = db.prepare("SELECT * FROM event ORDER BY position").all()
  db.close()
  return found
}

describe("a log that a later version has written", () => {
  it.each([
    [
      "has another layout",
      laidOutAnew,
      "log.db has format 2, ",
      [["run"], ["list"], ["submit", "true"], ...unread]
    ],
    [
      "has events of a new type",
      () => wentOn("CoordinatorDreamt", 1, "{}").folder,
      "log.db has events of type CoordinatorDreamt, ",
      commands
    ]
  ])(
    "and %s, is refused in one sentence by every command that would read it",
    async (_, made, said, refused) => {
      const folder = made()
      const before = events(folder)
      for (const args of refused) {
        const { code, stderr, stdout } = await signalbox(folder, ...args)
        expect({ args, code, stdout, lines: stderr.split("\n").length }).toEqual({
          args,
          code: 3,
          stdout: "",
          lines: 2
        })
        expect(stderr).toContain(`${said}written by a later version; this one knows `)
      }
      expect(events(folder)).toEqual(before)
    },
    240_000
  )

  it("with fields that this one does not know, is read without them, and moved with them", async () => {
    const later = '{"reason":"so","lane":{"of":"a later version"}}'
    const { call, line } = wentOn("CoordinatorDraining", 1, later)
    expect((await call("log", "--from", String(lines.length + 1))).stdout).toContain(
      'by ann  {"reason":"so"}\n'
    )
    expect((await call("audit", "verify")).code).toBe(0)
    expect((await call("log", "export", "--out", "old.txt")).code).toBe(0)
    expect((await call("log", "import", "old.txt", "--log", "new.db")).code).toBe(0)
    expect((await call("log", "export", "--log", "new.db")).stdout).toBe(`${text}${line}\n`)
  }, 120_000)
})
