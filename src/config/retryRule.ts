/**
 * One of `run_retries.rules`, as a signalbox.yaml writes it, and what it stands for. A run file's are `FileRetry`.
 */
import * as Schema from "effect/Schema"
import { type RetryRule, retryFields } from "../run/RetryRule.ts"
import { settings } from "../settings.ts"
import type { WholeNumber } from "./wholeNumber.ts"

const { causes, max, factor, jitter, as, place } = retryFields

const monthSeconds = settings.retryDelayMaxMs / 1000

const wait = (int: WholeNumber) =>
  int.check(Schema.isBetween({ minimum: 0, maximum: monthSeconds }, { expected: `0 to ${monthSeconds}` }))

/** A retry rule as signalbox.yaml has it. */
export const retryRule = (int: WholeNumber) =>
  Schema.Struct({
    causes: causes.annotateKey({
      description: "The causes that it is for. Left out: those of the work, of its worker, and of time."
    }),
    exit_codes: Schema.optionalKey(Schema.NonEmptyArray(int)).annotateKey({
      description: "Only where a process has exited with one of these codes."
    }),
    max: max.annotateKey({ description: "How often." }),
    delay_seconds: Schema.optionalKey(wait(int)).annotateKey({
      description: "The wait before the first. Default: none."
    }),
    factor: factor.annotateKey({ description: "So many times as long before each further one. Default: 2." }),
    max_delay_seconds: Schema.optionalKey(wait(int)).annotateKey({
      description: "No wait is longer. Default: a month."
    }),
    jitter: jitter.annotateKey({
      description: "Up to this share of each wait, from 0 to 1, is left out. Default: 0."
    }),
    as: as.annotateKey({
      description: "`attempt`: another attempt of the run; `run`: a new run. Default: `attempt`."
    }),
    place: place.annotateKey({
      description: "`end`: it waits behind all of its priority; `same`: in its old place. Default: `end`."
    })
  }).check(
    Schema.makeFilter(
      ({ causes: named, exit_codes }) =>
        exit_codes === undefined || named === undefined || named.includes("Exited"),
      { message: "`exit_codes` are those of `Exited`, which `causes` leaves out" }
    )
  )
export type YamlRetryRule = ReturnType<typeof retryRule>["Type"]

/** The rule that this stands for. */
export const toRetryRule = ({
  exit_codes: exitCodes,
  delay_seconds: delay,
  max_delay_seconds: maxDelay,
  ...rest
}: YamlRetryRule): RetryRule => ({
  ...rest,
  ...(exitCodes && { exitCodes }),
  ...(delay !== undefined && { delayMs: delay * 1000 }),
  ...(maxDelay !== undefined && { maxDelayMs: maxDelay * 1000 })
})
