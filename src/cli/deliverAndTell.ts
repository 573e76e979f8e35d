/**
 * A command that says in one sentence what it has led to, and takes a reason for the log.
 */
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { type Commands, deliver } from "./deliver.ts"
import { print, root } from "./root.ts"

/** Why; recorded with the command. */
export const reason = Flag.String("reason").pipe(Flag.withDescription("Recorded with it"), Flag.optional)

export const said = (text: Option.Option<string>) => (Option.isSome(text) ? { reason: text.value } : {})

/** Has the command decided, and tells so. */
export const deliverAndTell = Effect.fnUntraced(function* (command: Commands[0], told: string) {
  const { log, json } = yield* root
  const answer = yield* deliver(log, command)
  yield* print(json, answer, () => `${told} (position ${answer.position}).`)
})
