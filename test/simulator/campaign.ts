/**
 * Many histories, one after the other, each with its own seed.
 */
import { makeTrial } from "./makeTrial.ts"
import { type Played, play } from "./play.ts"
import type { Trial } from "./Step.ts"
import { shrink } from "./shrink.ts"

/** Plays for looking for a shorter history. */
const triesMax = 1_500

export interface Campaign {
  /** Of the first history; each one after it has the next. */
  readonly seed: number
  readonly histories: number
  readonly steps: number
}

/** A promise that was broken, and the shortest history that was found in which it is. */
export interface Failure {
  readonly seed: number
  readonly steps: number
  readonly breach: NonNullable<Played["breach"]>
  /** Which steps of the history are enough. */
  readonly kept: ReadonlyArray<number>
}

/** Those steps of the history of that seed. */
export const partOf = (seed: number, steps: number, kept: ReadonlyArray<number>): Trial => {
  const trial = makeTrial(seed, steps)
  return kept.flatMap((at) => trial[at] ?? [])
}

/** Looks for the shortest history of that seed that breaks the same promise. */
export const shorten = (seed: number, steps: number, breach: NonNullable<Played["breach"]>): Failure => {
  const upTo = Math.min(steps, breach.step)
  const all = Array.from({ length: upTo }, (_, at) => at)
  const fails = (kept: ReadonlyArray<number>) => play(partOf(seed, steps, kept)).breach?.rule === breach.rule
  const kept = shrink(all, fails, triesMax)
  return { seed, steps, breach: play(partOf(seed, steps, kept)).breach ?? breach, kept }
}

/** Adds what was seen to what was seen before. */
export const tally = (seen: Map<string, number>, more: Iterable<readonly [string, number]>): void => {
  for (const [what, times] of more) seen.set(what, (seen.get(what) ?? 0) + times)
}

/** Plays histories until one breaks a promise; `see` is told of each that does not, and may end it by answering false. */
export const campaign = (
  { seed, histories, steps }: Campaign,
  see: (played: Played) => boolean
): { readonly seed: number; readonly breach: NonNullable<Played["breach"]> } | undefined => {
  for (let at = seed; at < seed + histories; at++) {
    const played = play(makeTrial(at, steps))
    if (played.breach) return { seed: at, breach: played.breach }
    if (!see(played)) return undefined
  }
  return undefined
}
