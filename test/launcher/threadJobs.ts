/** Jobs for threads: those of a workshop, which leave their notes in files, and those that give trouble. */
import { appendFileSync, existsSync } from "node:fs"
import { join } from "node:path"
import type { JobContext } from "../../src/launcher/InlineLauncher.ts"

const start = ({ run, input }: JobContext): void => appendFileSync(join(String(input), "starts"), `${run}\n`)

export const succeed = start

export const fail = (context: JobContext): never => {
  start(context)
  throw new Error("no flour")
}

/** Goes on until there is a file that says that it may end, or it is told to stop. */
export const wait = async (context: JobContext): Promise<void> => {
  start(context)
  const { signal, input } = context
  while (!existsSync(join(String(input), "finished"))) {
    signal.throwIfAborted()
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

export const sum = ({ input, progress, log }: JobContext): number => {
  progress(0.5, "half way")
  log("adding up")
  return (input as ReadonlyArray<number>).reduce((total, one) => total + one, 0)
}

export const spin = ({ progress }: JobContext): never => {
  progress(0)
  for (;;);
}

export const exit = (): never => process.exit(3)

export const hoard = (): never => {
  const all: Array<unknown> = []
  for (;;) all.push(new Array(10_000).fill(all.length))
}

export const answerWithAFunction = () => () => 1

export const failLater = () => {
  setTimeout(() => {
    throw new Error("too late")
  })
  return new Promise(() => {})
}

export const tidy = async ({ signal }: JobContext): Promise<string> => {
  await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }))
  return "tidied up"
}
