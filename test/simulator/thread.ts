/**
 * A thread that plays its share of histories, and tells what it has seen.
 */
import { parentPort, workerData } from "node:worker_threads"
import { type Campaign, campaign, type Failure, shorten, tally } from "./campaign.ts"

/** What a thread tells: how many histories went well and what was seen in them, in the end what broke, if anything did. */
export type Word =
  | { readonly played: number; readonly seen: ReadonlyArray<readonly [string, number]> }
  | { readonly failure: Failure }

const tellEvery = 20

const given = workerData as Campaign
const tell = (word: Word) => parentPort?.postMessage(word)
const seen = new Map<string, number>()
let played = 0

const tellSeen = (): void => {
  tell({ played, seen: [...seen] })
  seen.clear()
  played = 0
}

const found = campaign(given, (one) => {
  tally(seen, one.seen)
  if (++played === tellEvery) tellSeen()
  return true
})
tellSeen()
if (found) tell({ failure: shorten(found.seed, given.steps, found.breach) })
