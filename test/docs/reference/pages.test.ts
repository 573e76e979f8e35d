import { execFileSync } from "node:child_process"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { pages } from "./pages.ts"

const folder = join(import.meta.dirname, "../../../docs/reference")

const printed = new Map<string, string>()

const askHelp = (command: string): string =>
  execFileSync(
    process.execPath,
    [process.env["SIGNALBOX_PROGRAM"] ?? "", ...command.split(" ").filter(Boolean), "--help"],
    {
      encoding: "utf8",
      env: { ...process.env, NO_COLOR: "1" }
    }
  )
    .split("\n")
    .map((line) => line.trimEnd())
    .join("\n")

const helpOf = (command: string): string => {
  const text = printed.get(command) ?? askHelp(command)
  printed.set(command, text)
  return text
}

describe("the reference", () => {
  it.each(Object.entries(pages(helpOf)))("says in %s what the code says", async (name, text) => {
    await expect(text).toMatchFileSnapshot(join(folder, name))
  })
})
