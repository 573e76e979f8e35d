import { isMainThread } from "node:worker_threads"
import { inThread, type JobContext, open } from "signalbox"

/** Counts the primes below a number: work that leaves no time for anything else. */
export const primes = ({ input, progress }: JobContext): number => {
  const below = Number(input)
  let count = 0
  for (let one = 2; one < below; one++) {
    if (one % 1_000 === 0) progress(one / below)
    let divisor = 2
    while (divisor * divisor <= one && one % divisor !== 0) divisor++
    if (divisor * divisor > one) count++
  }
  return count
}

// The thread loads this module, too: only the program goes on from here.
if (isMainThread) {
  await using box = await open({
    policy: { tagLimits: [{ key: "signalbox/job", value: "primes", limit: 2 }] },
    jobs: { primes: inThread(new URL(import.meta.url), "primes", { graceMs: 1_000 }) }
  })
  await box.submit({ id: "few", job: "primes", input: 20_000 })
  await box.submit({ id: "too-many", job: "primes", input: 1e15 })
  console.log((await box.ended("few")).end)
  await box.cancel("too-many")
  console.log((await box.ended("too-many")).state)
}
