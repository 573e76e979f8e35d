import { count } from "./format.ts"

const shown = 10

/** So many runs that a coordinator has let go of, in a sentence. */
export const describeLeft = (runs: ReadonlyArray<string>, all = runs.length): string => {
  const names = `${runs.slice(0, shown).join(", ")}${all > shown ? ", …" : ""}`
  return `Let go of ${count(all, "run")}: ${names}. The next \`signalbox run\` takes up what goes on.`
}
