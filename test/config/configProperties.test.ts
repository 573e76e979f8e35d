import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { effective } from "../../src/config/explainConfig.ts"
import { InputError } from "../../src/config/InputError.ts"
import { Policy } from "../../src/queue/Policy.ts"
import { arbitraryConfig, configLike, yamlLike } from "./arbitraryConfig.ts"
import { configOf, rightConfig } from "./configFile.ts"

const names = fc.constantFrom("dagster.yaml", "signalbox.yaml")

describe("whatever stands in a configuration file", () => {
  const answers = (text: string, name: string) => {
    const result = configOf(text, name)
    if (Result.isSuccess(result)) return Schema.decodeUnknownSync(Policy)(result.success.policy)
    expect(result.failure).toBeInstanceOf(InputError)
    expect(result.failure.problems).not.toEqual([])
    return undefined
  }

  it("is answered with a policy that holds, or with faults: nested words", () => {
    fc.assert(
      fc.property(configLike, names, (value, name) => void answers(JSON.stringify(value) ?? "", name)),
      { numRuns: 400 }
    )
  })

  it("is answered with a policy that holds, or with faults: pieces of YAML", () => {
    fc.assert(
      fc.property(yamlLike, names, (text, name) => void answers(text, name)),
      { numRuns: 400 }
    )
  })
})

describe("a right configuration", () => {
  it("is read, and its policy holds", () => {
    fc.assert(
      fc.property(arbitraryConfig, (contents) => {
        const { policy } = rightConfig(JSON.stringify(contents))
        expect(Schema.decodeUnknownSync(Policy)(policy)).toEqual(policy)
      })
    )
  })

  it("stands for the same policy as what explain calls effective", () => {
    fc.assert(
      fc.property(arbitraryConfig, (contents) => {
        const config = rightConfig(JSON.stringify(contents))
        const again = rightConfig(JSON.stringify(effective(config)))
        expect(again.policy).toEqual(config.policy)
        expect(effective(again)).toEqual(effective(config))
      })
    )
  })

  it("says all in its effective form, and leaves nothing to a default", () => {
    fc.assert(
      fc.property(arbitraryConfig, (contents) => {
        const config = rightConfig(JSON.stringify(contents))
        const again = rightConfig(JSON.stringify(effective(config)))
        const left = Object.entries(again.settled).filter(
          ([, { value, origin }]) =>
            origin._tag === "Default" && value !== null && /^default of/.test(origin.of)
        )
        expect(left.map(([key]) => key)).toEqual([])
      })
    )
  })
})
