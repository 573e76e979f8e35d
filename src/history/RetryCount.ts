import { isFor, type RetryRule } from "../run/RetryRule.ts"
import type { RunEvent } from "../run/RunEvent.ts"
import { settings } from "../settings.ts"

type Requeued = RunEvent & { readonly type: "RunRequeued" }

/** How long a wait may be: the whole of it, and what is left without the most that jitter may take away. */
const boundsOf = (rule: RetryRule, number: number): readonly [least: number, most: number] => {
  const { delayMs = 0, factor = 2, maxDelayMs = settings.retryDelayMaxMs, jitter = 0 } = rule
  let most = delayMs
  for (let step = 1; step < number && most < maxDelayMs; step++) most *= factor
  most = Math.min(most, maxDelayMs)
  return [Math.floor(most * (1 - jitter)), Math.ceil(most)]
}

/** How often the rules of a run were used, counted anew. */
export class RetryCount {
  private readonly rules: ReadonlyArray<RetryRule>
  private readonly used = new Map<number, number>()

  constructor(rules: ReadonlyArray<RetryRule> = []) {
    this.rules = rules
  }

  /** What is wrong with the retry that the event says. */
  *of({ run, at, data: { cause, notBefore, retry } }: Requeued): Generator<string, void> {
    if (!retry) return
    const rule = this.rules[retry.rule]
    if (!rule) return yield `run ${run} has no retry rule ${retry.rule}`
    const number = (this.used.get(retry.rule) ?? 0) + 1
    if (retry.number !== number || number > rule.max)
      yield `is retry ${retry.number} of run ${run} by rule ${retry.rule}, after ${number - 1} of ${rule.max}`
    if (!isFor(rule, cause)) yield `rule ${retry.rule} of run ${run} is not for ${cause._tag}`
    const [least, most] = boundsOf(rule, number)
    const wait = notBefore - at
    if (wait < least || wait > most)
      yield `run ${run} waits ${wait} ms before retry ${number}; its rule says ${least} to ${most}`
  }

  take({ data: { retry } }: Requeued): void {
    if (retry) this.used.set(retry.rule, (this.used.get(retry.rule) ?? 0) + 1)
  }
}
