/**
 * The command line over a log in Postgres: as over a file, and without a word of the password.
 */
import { readdirSync } from "node:fs"
import { join } from "node:path"
import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { emptyPlaces } from "../log/postgres/database.ts"
import { signalbox, start, temporaryFolder } from "./signalbox.ts"

const emptyPlace = emptyPlaces()

it.live("does, lists, explains and prints runs; their files stand in the folder that it works in", () =>
  Effect.gen(function* () {
    const url = yield* emptyPlace
    const { password } = new URL(url)
    const folder = temporaryFolder()
    const call = (...args: ReadonlyArray<string>) =>
      Effect.promise(async () => {
        const { code, stdout, stderr } = await signalbox(folder, "--log", url, ...args)
        if (password !== "") expect(`${stdout}${stderr}`).not.toContain(password)
        return { code, stdout, stderr }
      })

    expect(yield* call("list")).toMatchObject({
      code: 3,
      stderr: expect.stringContaining("there is no log at")
    })
    expect(yield* call("submit", "--id", "first", "echo hello")).toMatchObject({ code: 0 })
    expect(
      yield* call("submit", "--id", "later", "--not-before", "2099-01-01T00:00:00Z", "true")
    ).toMatchObject({
      code: 0
    })
    expect((yield* call("why", "later")).stdout).toContain("2099")
    expect(yield* call("cancel", "later")).toMatchObject({ code: 0 })
    expect(yield* call("run")).toMatchObject({ code: 0, stdout: expect.stringContaining("1 succeeded") })
    expect(JSON.parse((yield* call("list", "--json")).stdout)).toMatchObject([
      { id: "first", state: "succeeded" },
      { id: "later", state: "canceled" }
    ])
    expect((yield* call("log")).stdout).toContain("RunSucceeded")
    expect((yield* call("replay")).code).toBe(0)
    expect(readdirSync(folder)).toEqual([".signalbox"])
    expect(readdirSync(join(folder, ".signalbox/artifacts"))).toEqual(["first"])
  })
)

it.live("a command given elsewhere on the machine reaches the process that leads the log", () =>
  Effect.gen(function* () {
    const url = yield* emptyPlace
    const env = { SIGNALBOX_LOG: url }
    yield* Effect.promise(async () => {
      const [here, there] = [temporaryFolder(), temporaryFolder()]
      await start(here, ["submit", "--id", "first", "true"], env).ended
      await start(here, ["submit", "--id", "second", "while [ ! -e go ]; do sleep 0.05; done"], env).ended
      const running = start(here, ["run"], env)
      await running.says("✔ first")
      expect(await start(there, ["cancel", "second"], env).ended).toMatchObject({ code: 0 })
      expect(await running.ended).toMatchObject({ stdout: expect.stringContaining("1 canceled") })
    })
  })
)
