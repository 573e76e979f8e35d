/**
 * Bad input ends in one clear sentence and a non-zero exit; nothing accepted is lost, nothing half-applied.
 */
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { describe, expect, it } from "vitest"
import { signalbox, temporaryFolder } from "./signalbox.ts"

describe("a run file that is wrong", () => {
  it("is refused whole: all its faults with their places, and no log is made", async () => {
    const folder = temporaryFolder()
    writeFileSync(join(folder, "work.yaml"), "runs:\n  - { id: a, comand: ls }\n  - { id: b, command: 7 }\n")
    const { code, stdout, stderr } = await signalbox(folder, "run", "work.yaml")
    expect(stderr).toMatch(/^work.yaml:2:14: runs\[0\].comand: is not known here; did you mean command\?/)
    expect(stderr).toContain("work.yaml:3:23: runs[1].command: expected string | array, got 7")
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" })
    expect((await signalbox(folder, "list")).stderr).toBe("there is no log at log.db\n")
  })
})

describe("a log", () => {
  const commands = [["list"], ["show", "a"], ["queue"], ["why", "a"], ["log"], ["replay"]]

  it.each(commands)("that is missing is told of by %s", async (...command) => {
    const { code, stderr } = await signalbox(temporaryFolder(), ...command)
    expect({ code, stderr }).toEqual({ code: 3, stderr: "there is no log at log.db\n" })
  })

  it.each([...commands, ["submit", "true"], ["run"]])(
    "that is something else is left alone by %s",
    async (...command) => {
      const folder = temporaryFolder()
      writeFileSync(join(folder, "log.db"), "no log, just text")
      const { code, stderr } = await signalbox(folder, ...command)
      expect({ code, stderr }).toEqual({ code: 3, stderr: "log.db is not a Signalbox log: no SQLite file\n" })
    }
  )

  it("from a newer format is not touched", async () => {
    const folder = temporaryFolder()
    await signalbox(folder, "submit", "true")
    const db = new DatabaseSync(join(folder, "log.db"))
    db.exec("PRAGMA user_version = 99")
    db.close()
    for (const command of [["list"], ["submit", "true"]]) {
      const { code, stderr } = await signalbox(folder, ...command)
      expect(code).toBe(3)
      expect(stderr).toBe("log.db has format 99, written by a later version; this one knows format 1\n")
    }
  })
})

describe("a command line", () => {
  const lines: ReadonlyArray<readonly [ReadonlyArray<string>, RegExp]> = [
    [["lst"], /Unknown subcommand "lst".*Did you mean this\?\s+list/s],
    [["list", "--stat", "queued"], /Unrecognized flag: --stat.*--state/s],
    [["list", "--state", "asleep"], /Invalid value for flag --state: "asleep"/],
    [["show"], /Missing required argument: run/],
    [["submit"], /Say what to run, after --/],
    [["submit", "--id", "a/b", "true"], /a run's id begins with a letter or digit/],
    [["submit", "--not-before", "never", "true"], /expected a moment since 1970 such as/],
    [["submit", "--cwd", "no-such-folder", "true"], /no-such-folder/],
    [["replay", "--at", "yesterday"], /--at yesterday: expected a position such as 120/]
  ]

  it.each(lines)("%j is refused with help", async (args, complaint) => {
    const { code, stderr } = await signalbox(temporaryFolder(), ...args)
    expect(stderr).toMatch(complaint)
    expect(code).toBe(2)
  })

  it("about a run that is not there says so, and names one that is near", async () => {
    const folder = temporaryFolder()
    await signalbox(folder, "submit", "--id", "report", "true")
    for (const command of ["show", "why", "cancel"]) {
      const { code, stderr } = await signalbox(folder, command, "reprot")
      expect({ code, stderr }).toEqual({
        code: 1,
        stderr: "There is no run reprot in this log. Did you mean report?\n"
      })
    }
  })

  it("that submits an id twice is refused, and leaves the first alone", async () => {
    const folder = temporaryFolder()
    await signalbox(folder, "submit", "--id", "one", "true")
    const { code, stderr } = await signalbox(folder, "submit", "--id", "one", "false")
    expect(code).toBe(1)
    expect(stderr).toBe("SubmitRun refused: run one exists and is queued; an id is used once.\n")
  })
})
