/**
 * A process in which one fault is planted: the text of a module is changed while it is loaded. Plays histories until a
 * promise is broken, and says which.
 */
import { readFileSync } from "node:fs"
import { registerHooks } from "node:module"
import type { Failure } from "./campaign.ts"
import { mutations } from "./mutations.ts"

/** What is said in the end. */
export interface Said {
  readonly histories: number
  readonly breach: Failure["breach"] | undefined
}

const [name, histories, steps] = process.argv.slice(2)
const mutation = mutations.find((one) => one.name === name)
if (!mutation) throw new Error(`there is no mutation called ${name}`)
const { file, search, replacement } = mutation
const url = new URL(`../../${file}`, import.meta.url)
const text = readFileSync(url, "utf8")
if (text.split(search).length !== 2) throw new Error(`${file} does not have this exactly once: ${search}`)

registerHooks({
  load: (loaded, context, next) => {
    const module = next(loaded, context)
    return loaded === url.href ? { ...module, source: text.replace(search, () => replacement) } : module
  }
})

const { campaign } = await import("./campaign.ts")
let played = 1
const found = campaign({ seed: 1, histories: Number(histories), steps: Number(steps) }, () => {
  played++
  return true
})
const said: Said = { histories: played, breach: found?.breach }
process.stdout.write(JSON.stringify(said))
