/**
 * The same measured again and again, as a program meets it that runs for days: what is called often is compiled. Garbage is
 * left to the runtime: to force it out makes room for new objects small again, and what follows slower.
 */

/** Rounds whose results count. */
const counted = 5

/** Rounds before them, whose results do not: so long it takes until the runtime has compiled what is called often. */
const warmUp = 2

export const inRounds = async <A>(
  once: (round: number) => A | Promise<A>
): Promise<ReadonlyArray<Awaited<A>>> => {
  const results: Array<Awaited<A>> = []
  for (let round = 0; round < warmUp + counted; round++) results.push(await once(round))
  return results.slice(warmUp)
}
