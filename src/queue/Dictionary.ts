/**
 * Short names for what lanes need, and one copy of each slot, for as long as a lane needs it: a million runs that each
 * need ten limits say so in little room, and what no lane needs any more takes none.
 */
import type { Needs, Slot } from "./Slots.ts"

interface Word {
  readonly id: string
  /** Where it stands for a slot: the copy of it that all lanes share. */
  slot: Slot | undefined
  uses: number
}

const slotWord = (of: string, { limit, unit }: Slot): string =>
  unit === undefined ? of + limit : `${of}${JSON.stringify([limit, unit])}`

/** All that is needed, each as one text. A list, not a generator: every run that comes is looked up by it. */
const textsOf = ({ slots, gates, anyOf, rates, inOrder, share }: Needs): ReadonlyArray<string> => {
  const texts: Array<string> = []
  for (const slot of slots) texts.push(slotWord("slot ", slot))
  for (const slot of gates) texts.push(slotWord("gate ", slot))
  for (const slot of anyOf) texts.push(slotWord("any ", slot))
  for (const { limit } of rates) texts.push(`rate ${limit}`)
  for (const name of inOrder) texts.push(`order ${name}`)
  if (share) texts.push(`share ${share.of}`)
  return texts
}

export class Dictionary {
  private readonly words = new Map<string, Word>()
  private ids = 0

  private word(text: string): Word {
    const known = this.words.get(text)
    if (known) return known
    const word = { id: (++this.ids).toString(36), slot: undefined, uses: 0 }
    this.words.set(text, word)
    return word
  }

  /** Runs that need the same have the same name for it, while a lane needs it. */
  nameOf(needs: Needs): string {
    let name = ""
    for (const text of textsOf(needs)) name += `${this.word(text).id} `
    return name
  }

  /** A lane needs this from now on: the same, with the copies that all share. */
  hold(needs: Needs): Needs {
    for (const text of textsOf(needs)) this.word(text).uses++
    const slots = needs.slots.map((slot) => {
      const word = this.word(slotWord("slot ", slot))
      word.slot ??= slot
      return word.slot
    })
    return { ...needs, slots }
  }

  /** A lane that held this needs it no more. */
  release(needs: Needs): void {
    for (const text of textsOf(needs)) {
      const word = this.words.get(text)
      if (word && --word.uses === 0) this.words.delete(text)
    }
  }
}
