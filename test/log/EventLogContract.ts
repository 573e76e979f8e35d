/**
 * The promises of `src/log/EventLog.ts`, held by every log.
 */
import { describe } from "@effect/vitest"
import type * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { EventLog } from "../../src/log/EventLog.ts"
import { appending } from "./contract/appending.ts"
import { contractOf } from "./contract/Contract.ts"
import { following } from "./contract/following.ts"
import { hashing } from "./contract/hashing.ts"
import { leading } from "./contract/leading.ts"
import { reading } from "./contract/reading.ts"

/** Holds a kind of log to the promises; `open` makes a new one. */
export const eventLogContract = (
  name: string,
  open: Effect.Effect<EventLog["Service"], never, Scope.Scope>
): void => {
  for (const [part, promises] of Object.entries({ appending, leading, reading, following, hashing })) {
    describe(`${name}: ${part}`, () => promises(contractOf(open)))
  }
}
