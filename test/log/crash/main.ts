/**
 * `npm run crash -- --rounds 200 [--seed N] [--only kill,power,…]`: so many rounds of each crash, on real files. Stops at
 * the first that breaks a promise, and says how to repeat it.
 */
import { parseArgs } from "node:util"
import * as Effect from "effect/Effect"
import { crashes, crashRound } from "./crashRound.ts"
import { faultsLibrary } from "./faultsLibrary.ts"

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "40" },
    from: { type: "string", default: "0" },
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
    only: { type: "string", default: crashes.join() }
  }
})
const seed = Number(values.seed)
const from = Number(values.from)
const chosen = crashes.filter((crash) => values.only.split(",").includes(crash))

for (const crash of chosen.filter((one) => one === "kill" || faultsLibrary())) {
  for (let round = from; round < from + Number(values.rounds); round++) {
    try {
      await Effect.runPromise(Effect.scoped(crashRound(crash, seed, round)))
    } catch (error) {
      console.error(error)
      console.error(`repeat it: npm run crash -- --only ${crash} --seed ${seed} --from ${round} --rounds 1`)
      process.exit(1)
    }
  }
  console.log(`${crash}: ${values.rounds} rounds of seed ${seed}, every promise is kept`)
}
