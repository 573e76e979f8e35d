import { join } from "node:path"
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Console from "effect/Console"
import * as CliOutput from "effect/cli/CliOutput"
import * as Command from "effect/cli/Command"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { describe, expect, it } from "vitest"
import { signalbox } from "../../../src/cli/signalbox.ts"
import { pages } from "./pages.ts"

const folder = join(import.meta.dirname, "../../../docs/reference")

/** What the program prints for `--help`, without the spaces at the ends of lines. */
const helpOf = (command: string): string => {
  const lines: Array<string> = []
  const print = (...texts: ReadonlyArray<string>) => lines.push(texts.join(" "))
  const told = Command.runWith(signalbox, { version: "" })([...command.split(" ").filter(Boolean), "--help"])
  const plain = CliOutput.layer(CliOutput.defaultFormatter({ colors: false }))
  const heard: Console.Console = Object.assign(Object.create(console), { log: print })
  Effect.runSync(
    told.pipe(
      Effect.provideService(Console.Console, heard),
      Effect.provide(Layer.merge(plain, NodeServices.layer))
    )
  )
  return lines
    .join("\n")
    .split("\n")
    .map((line) => line.trimEnd())
    .join("\n")
}

describe("the reference", () => {
  it.each(Object.entries(pages(helpOf)))("says in %s what the code says", async (name, text) => {
    await expect(text).toMatchFileSnapshot(join(folder, name))
  })
})
