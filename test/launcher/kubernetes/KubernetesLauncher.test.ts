import * as Effect from "effect/Effect"
import { launcherContract } from "../LauncherContract.ts"
import { Yard } from "./Yard.ts"

launcherContract(
  "jobs of a cluster",
  Effect.map(Yard.make, (yard) => yard.workshop),
  ["hold", "admit", "kill", "forget", "blind"]
)
