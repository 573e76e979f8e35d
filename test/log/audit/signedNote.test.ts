import { createPrivateKey, generateKeyPairSync } from "node:crypto"
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import {
  cosigned,
  makeNoteKey,
  type NoteKey,
  openNote,
  parseNote,
  readVerifierKey,
  signedNote,
  verifierKey
} from "../../../src/log/audit/signedNote.ts"

/** From the tests of golang.org/x/mod/sumdb/note. */
const text =
  "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
const peterLine =
  "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
const enochLine =
  "— EnochRoot rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWLox33WWd1RvMc+QQ=\n"
const peterKey = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
const enochKey = "EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop"
/** Of `PRIVATE+KEY+PeterNeumann+c74f20a3+…`, without its first byte, which is the type. */
const peterSeed = Buffer.from("AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz", "base64").subarray(1)

const peter = readVerifierKey(peterKey)
const enoch = readVerifierKey(enochKey)
const note = `${text}\n${peterLine}`

/** A private key from its 32 bytes; PKCS #8 puts a fixed beginning before them (RFC 8410). */
const privateKey = (name: string, seed: Uint8Array): NoteKey => {
  const der = Buffer.concat([Buffer.from("302e020100300506032b657004220420", "hex"), seed])
  return makeNoteKey(name, createPrivateKey({ key: der, format: "der", type: "pkcs8" }))
}
const namesOf = (keys: ReadonlyArray<NoteKey>): ReadonlyArray<string> => keys.map(({ name }) => name)

describe("the vectors of Go", () => {
  it("the text and the private key give the note, and its verifier key", () => {
    const key = privateKey("PeterNeumann", peterSeed)
    expect(signedNote(text, [key])).toBe(note)
    expect(verifierKey(key)).toBe(peterKey)
  })

  it("the note opens with the verifier key", () => {
    expect(openNote(note, [peter])).toEqual({ text, signedBy: [peter], others: [] })
  })

  it("a second signature counts if its key is known, and is kept if not", () => {
    const both = `${note}${enochLine}`
    expect(openNote(both, [enoch, peter])).toEqual({ text, signedBy: [peter, enoch], others: [] })
    const { signedBy, others } = openNote(both, [peter])
    expect([signedBy, others]).toEqual([[peter], [parseNote(both).signatures[1]]])
  })
})

it("the example of c2sp.org/signed-note opens", () => {
  const key = readVerifierKey("example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k")
  const example =
    "This is an example message.\n\n" +
    "— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n"
  expect(openNote(example, [key]).text).toBe("This is an example message.\n")
})

const seed = fc.uint8Array({ minLength: 32, maxLength: 32 })
/** Any but those that no note may hold. */
const character = fc.string({ unit: "binary", minLength: 1, maxLength: 1 }).filter((one) => one >= " ")
const name = fc.oneof(
  fc.stringMatching(/^[a-z0-9./-]{1,20}$/),
  fc.string({ unit: character, minLength: 1 }).map((one) => one.replaceAll(/[\p{White_Space}+]/gu, "-"))
)
const key = fc.tuple(name, seed).map(([named, bytes]) => privateKey(named, bytes))
const keys = fc.uniqueArray(key, { selector: verifierKey, minLength: 1, maxLength: 4 })
/** Lines of any sort: empty ones, and some that look like signatures. */
const lines = fc
  .array(fc.oneof(fc.constantFrom("", peterLine.trimEnd(), "—"), fc.string({ unit: character })), {
    minLength: 1,
    maxLength: 5
  })
  .map((some) => `${some.join("\n")}\n`)

describe("a note", () => {
  it("opens with the keys that signed it, whatever its text", () => {
    fc.assert(
      fc.property(lines, keys, (some, signers) => {
        const known = signers.map((signer) => readVerifierKey(verifierKey(signer)))
        expect(openNote(signedNote(some, signers), known)).toEqual({
          text: some,
          signedBy: known,
          others: []
        })
      })
    )
  })

  it("does not open if one of its characters is another", () => {
    const characters = [...note]
    for (const [index, old] of characters.entries()) {
      for (const other of ["A", "a", "\n", " ", "+", "="].filter((one) => one !== old)) {
        const changed = characters.with(index, other).join("")
        expect(() => openNote(changed, [peter]), JSON.stringify(changed)).toThrow()
      }
    }
  })

  it("does not open if one of its characters is missing", () => {
    const characters = [...note]
    for (const index of characters.keys()) {
      expect(() => openNote(characters.toSpliced(index, 1).join(""), [peter])).toThrow()
    }
  })

  it("opens without the signatures of keys that are not known, and not without those that are", () => {
    fc.assert(
      fc.property(lines, keys, key, (some, others, mine) => {
        fc.pre(!others.some((other) => verifierKey(other) === verifierKey(mine)))
        const whole = signedNote(some, [...others, mine])
        const { signedBy, others: kept } = openNote(whole, [mine])
        expect([namesOf(signedBy), kept]).toEqual([[mine.name], parseNote(whole).signatures.slice(0, -1)])
        expect(() => openNote(signedNote(some, others), [mine])).toThrow("no such key is known")
      })
    )
  })

  it("does not open if a known key is said to have signed it and has not, whoever else did", () => {
    const forged = `${text}\n${enochLine.replace("rwz+eBzm", "rwz+eBzn")}${peterLine}`
    expect(() => openNote(forged, [peter, enoch])).toThrow("this is not what EnochRoot+af0cfe78 signed")
    expect(namesOf(openNote(forged, [peter]).signedBy)).toEqual(["PeterNeumann"])
  })

  it("of a key with the same name but another id, or the same id but another name, is of a key not known", () => {
    const namesake = privateKey("PeterNeumann", Buffer.alloc(32, 7))
    const lookalike = { ...privateKey("Peter", Buffer.alloc(32, 7)), id: peter.id }
    for (const other of [namesake, lookalike]) {
      expect(() => openNote(signedNote(text, [other]), [peter])).toThrow(
        `the note is signed by ${other.name}+${other.id}, and no such key is known`
      )
    }
  })

  it("counts a key once, however often it signed", () => {
    expect(namesOf(openNote(`${note}${peterLine}`, [peter]).signedBy)).toEqual(["PeterNeumann"])
  })

  it("that is signed by others opens for nobody who knows no key", () => {
    expect(() => openNote(note, [])).toThrow(
      "the note is signed by PeterNeumann+c74f20a3, and no such key is known"
    )
  })
})

describe("a signature is added", () => {
  const witness = privateKey("witness.example/w1", Buffer.alloc(32, 1))

  it("below the others, which stay as they are", () => {
    const both = cosigned(note, witness)
    expect(both.startsWith(note)).toBe(true)
    expect(namesOf(openNote(both, [witness, peter]).signedBy)).toEqual(["PeterNeumann", "witness.example/w1"])
  })

  it("once for each key, in place of what stood there in its name", () => {
    const once = cosigned(note, witness)
    expect(cosigned(once, witness)).toBe(once)
    const forged = `${note}${signedNote("else\n", [witness]).split("\n\n")[1]}`
    expect(() => openNote(forged, [witness])).toThrow("this is not what witness.example/w1")
    expect(cosigned(forged, witness)).toBe(once)
  })

  it("until there are a hundred", () => {
    const signers = Array.from({ length: 101 }, (_, index) => privateKey(`w${index}`, Buffer.alloc(32, 1)))
    const full = signedNote(text, signers.slice(0, 100))
    expect(openNote(full, signers.slice(-2)).others).toHaveLength(99)
    expect(() => signedNote(text, signers)).toThrow("a note has at most 100 signatures")
    expect(() => cosigned(full, witness)).toThrow("a note has at most 100 signatures")
    expect(() => parseNote(`${full}${peterLine}`)).toThrow("a note has at most 100 signatures")
  })
})

describe("what is no note is refused, with the reason", () => {
  it.each([
    ["an empty line", `${text}${peterLine}`, "a note has an empty line between its text and its signatures"],
    ["a last line end", note.slice(0, -1), "the text of a note ends with a line end"],
    ["a signature", `${text}\n`, "is no signature of a note"],
    ["an em dash", note.replace("—", "-"), "is no signature of a note"],
    ["one space only", note.replace("— ", "—  "), "is no signature of a note"],
    ["a name", note.replace("PeterNeumann ", ""), "is no signature of a note"],
    ["a name without a plus", note.replace("PeterNeumann", "Peter+Neumann"), "has no spaces and no plus"],
    [
      "a name without spaces",
      note.replace("PeterNeumann", "Peter\u00a0Neumann"),
      "has no spaces and no plus"
    ],
    ["Base64 with its padding", note.replace("AM=\n", "AM\n"), "is no signature of a note"],
    ["Base64 with its unused bits zero", note.replace("AM=\n", "AN=\n"), "is no signature of a note"],
    ["more than an id", `${text}\n— PeterNeumann x08gow==\n`, "is no signature of a note"],
    ["nothing after it", `${note}more\n`, "is no signature of a note"],
    ["no control characters", note.replace("If", "\tIf"), "a note holds no control characters"],
    ["no carriage returns", note.replaceAll("\n", "\r\n"), "a note holds no control characters"],
    ["no half of a surrogate pair", note.replace("If", "\ud83e"), "a note holds no control characters"]
  ])("it needs %s", (_, broken, reason) => {
    expect(() => openNote(broken, [peter])).toThrow(reason)
  })

  it.each([
    ["no line end", "a", "the text of a note ends with a line end"],
    ["nothing", "", "the text of a note ends with a line end"],
    ["a control character", "a\0\n", "a note holds no control characters"]
  ])("a text with %s is not signed", (_, broken, reason) => {
    expect(() => signedNote(broken, [privateKey("a", peterSeed)])).toThrow(reason)
  })

  it("a text is not signed by nobody", () => {
    expect(() => signedNote(text, [])).toThrow("a note has at least one signature")
  })
})

describe("a verifier key", () => {
  it("comes back as it was written", () => {
    fc.assert(
      fc.property(key, (some) => {
        const read = readVerifierKey(verifierKey(some))
        expect([read.name, read.id, verifierKey(read)]).toEqual([some.name, some.id, verifierKey(some)])
        expect(read.key.type).toBe("public")
      })
    )
  })

  it("is refused if one of its characters is another, or missing", () => {
    for (const [index] of [...peterKey].entries()) {
      const at = peterKey.slice(0, index)
      const after = peterKey.slice(index + 1)
      const next = String.fromCharCode(peterKey.charCodeAt(index) + 1)
      for (const broken of [at + after, at + next + after]) {
        expect(() => readVerifierKey(broken), broken).toThrow()
      }
    }
  })

  it.each([
    ["PeterNeumann", "is no verifier key: one is written name+id+base64"],
    [peterKey.replace("c74f20a3", "C74F20A3"), "is no verifier key"],
    [
      peterKey.replace("c74f20a3", "c74f20a4"),
      "the verifier key of PeterNeumann has the id c74f20a3, not c74f20a4"
    ],
    [
      peterKey.replace("+AR", "+BR"),
      "the verifier key of PeterNeumann is not of type Ed25519 (0x01, or 0x04 of a witness) with 32 bytes"
    ],
    ["PeterNeumann+c74f20a3+ARpc2QcU", "is not of type Ed25519 (0x01, or 0x04 of a witness) with 32 bytes"],
    [peterKey.replace("rN", "r N"), '"Peter Neumann" does not name a key']
  ])("%s is refused", (broken, reason) => {
    expect(() => readVerifierKey(broken)).toThrow(reason)
  })
})

describe("a key is refused", () => {
  it.each(["", "a b", "a+b", "a\u2003b", "a\u0085b", "a\nb", "a\0b", "\ud83e"])(
    "with the name %j",
    (broken) => {
      expect(() => privateKey(broken, peterSeed)).toThrow(/does not name a key|no control characters/)
    }
  )

  it("of another type", () => {
    const { publicKey } = generateKeyPairSync("x25519")
    expect(() => makeNoteKey("a", publicKey)).toThrow("the key of a is of type x25519, not ed25519")
  })
})
