/**
 * Makes a list shorter as long as what was found in it is still found: first by large parts, then by smaller ones. Idea:
 * Andreas Zeller's delta debugging.
 */
export const shrink = <A>(
  whole: ReadonlyArray<A>,
  fails: (part: ReadonlyArray<A>) => boolean,
  triesMax: number
): ReadonlyArray<A> => {
  let least = whole
  let size = Math.ceil(whole.length / 2)
  let tries = 0
  while (size >= 1 && least.length > 0) {
    let isShorter = false
    for (let at = 0; at < least.length && tries < triesMax; ) {
      const part = least.toSpliced(at, size)
      tries++
      if (fails(part)) {
        least = part
        isShorter = true
      } else at += size
    }
    if (tries >= triesMax || (size === 1 && !isShorter)) return least
    if (size > 1) size = Math.ceil(size / 2)
  }
  return least
}
