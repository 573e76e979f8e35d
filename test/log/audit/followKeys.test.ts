import { generateKeyPairSync, verify } from "node:crypto"
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { signedCheckpoint } from "../../../src/log/audit/Checkpoint.ts"
import {
  type AuditKey,
  followKeys,
  openAuditCheckpoint,
  signedSuccession
} from "../../../src/log/audit/followKeys.ts"
import {
  cosigned,
  makeNoteKey,
  type NoteKey,
  parseNote,
  readVerifierKey,
  verifierKey
} from "../../../src/log/audit/signedNote.ts"

const origin = "example.com/runs"
const newKey = (name = origin, isWitness = false): NoteKey =>
  makeNoteKey(name, generateKeyPairSync("ed25519").privateKey, { isWitness })
const keys = Array.from({ length: 4 }, () => newKey())
const root = new Uint8Array(32)

const keyAt = (index: number): NoteKey => keys[index] as NoteKey
const checkpointOf = (size: number, signer: NoteKey): string =>
  signedCheckpoint({ origin, size, root, extensions: [] }, [signer])
/** That `to` follows `from`, after so many events. */
const follows = (size: number, from: NoteKey, to: NoteKey): AuditKey => ({
  key: verifierKey(to),
  note: signedSuccession({ size, root }, from, to)
})
const first = (key: NoteKey): AuditKey => ({ key: verifierKey(key) })

describe("keys that follow each other", () => {
  it("are each good for its own time, whichever of them is trusted first", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.integer({ min: 0, max: 100 }), { minLength: 3, maxLength: 3 }),
        fc.integer({ min: 0, max: 120 }),
        fc.nat({ max: 3 }),
        fc.nat({ max: 3 }),
        (moments, size, signer, trusted) => {
          const ends = moments.sort((a, b) => a - b)
          const recorded = [first(keyAt(0)), ...ends.map((end, at) => follows(end, keyAt(at), keyAt(at + 1)))]
          const inForce = ends.filter((end) => size > end).length
          const known = followKeys(keyAt(trusted), recorded)
          const read = () => openAuditCheckpoint(checkpointOf(size, keyAt(signer)), known)
          // Nothing is known of a time before the key that is trusted, but that it is trusted.
          const expected = Math.max(inForce, trusted)
          if (signer === expected) expect(read()).toMatchObject({ origin, size })
          else expect(read).toThrow()
        }
      ),
      { numRuns: 300 }
    )
  })

  it("say whose turn it was where another has signed", () => {
    const known = followKeys(keyAt(0), [follows(10, keyAt(0), keyAt(1))])
    expect(openAuditCheckpoint(checkpointOf(10, keyAt(0)), known).size).toBe(10)
    expect(() => openAuditCheckpoint(checkpointOf(11, keyAt(0)), known)).toThrow(
      `the checkpoint of 11 events is signed by ${origin}+${keyAt(0).id}, and at that size the key was ${origin}+${keyAt(1).id}`
    )
    expect(() => openAuditCheckpoint(checkpointOf(10, keyAt(1)), known)).toThrow("at that size the key was")
    expect(() => openAuditCheckpoint(checkpointOf(11, keyAt(2)), known)).toThrow("no such key is known")
  })

  it("are not those that the key before has not named", () => {
    const [a, b, c] = [keyAt(0), keyAt(1), keyAt(2)]
    const rotation = follows(10, a, b)
    const strangers: ReadonlyArray<AuditKey> = [
      first(c),
      { ...rotation, key: verifierKey(c) },
      { key: verifierKey(c), note: checkpointOf(10, a) },
      { key: verifierKey(c), note: "nonsense" },
      follows(10, b, c),
      { key: `${origin}+00000000+AAAA`, note: rotation.note ?? "" }
    ]
    for (const stranger of strangers) {
      expect(followKeys(a, [first(a), stranger])).toMatchObject([{ key: a }])
      expect(followKeys(a, [stranger, rotation]).map(({ key }) => key.id)).toEqual([a.id, b.id])
    }
    expect(() => signedSuccession({ size: 1, root }, a, newKey("example.com/other"))).toThrow(
      "a log has one name"
    )
  })

  it("do not come back because an old note is played again", () => {
    const [a, b] = [keyAt(0), keyAt(1)]
    const there = follows(10, a, b)
    const back = follows(20, b, a)
    const known = followKeys(a, [there, back, there])
    expect(known.map(({ key, after, upTo }) => [key.id, after, upTo])).toEqual([
      [a.id, -1, 10],
      [b.id, 10, 20],
      [a.id, 20, Number.MAX_SAFE_INTEGER]
    ])
  })
})

describe("witnesses", () => {
  const log = keyAt(0)
  const witness = newKey("witness.example.com/w1", true)
  const note = checkpointOf(7, log)
  const known = followKeys(log, [])
  const seen = cosigned(note, witness, 1_679_315_147)

  it("sign what the published format says they sign", () => {
    const { text, signatures } = parseNote(seen)
    const bytes = Buffer.from(signatures[1]?.bytes ?? [])
    // The timestamp of the example in the specification, as it stands there.
    expect(bytes.subarray(0, 8).toString("hex")).toBe("00000000641850cb")
    const message = `cosignature/v1\ntime 1679315147\n${text}`
    expect(verify(null, Buffer.from(message), witness.key, bytes.subarray(8))).toBe(true)
    expect(Buffer.from(verifierKey(witness).split("+").slice(2).join("+"), "base64")[0]).toBe(4)
    expect(readVerifierKey(verifierKey(witness))).toMatchObject({ id: witness.id, isWitness: true })
    const asLog = makeNoteKey(witness.name, witness.key)
    expect(asLog.id).not.toBe(witness.id)
  })

  it("stand in the example of the specification as they do here", () => {
    const example = [
      "example.com/behind-the-sofa",
      "20852163",
      "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=",
      "",
      "— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=",
      "— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==",
      ""
    ].join("\n")
    const { signatures } = parseNote(example)
    expect(signatures.map(({ name, bytes }) => [name, bytes.length])).toEqual([
      ["example.com/behind-the-sofa", 64],
      ["witness.example.com/w1", 72]
    ])
    expect(Buffer.from(signatures[1]?.bytes ?? []).readBigUInt64BE()).toBe(1_679_315_147n)
  })

  it("are asked for by name; the log's own signature is needed besides", () => {
    expect(openAuditCheckpoint(seen, known, { witnesses: [witness] }).size).toBe(7)
    expect(openAuditCheckpoint(seen, known).size).toBe(7)
    expect(() => openAuditCheckpoint(note, known, { witnesses: [witness] })).toThrow(
      `it is not cosigned by ${witness.name}+${witness.id}`
    )
    const other = newKey(witness.name, true)
    expect(() => openAuditCheckpoint(seen, known, { witnesses: [witness, other] })).toThrow("not cosigned by")
    const alone = seen.replace(/— example\.com\/runs .*\n/, "")
    expect(() => openAuditCheckpoint(alone, known, { witnesses: [witness] })).toThrow("no such key is known")
  })

  it("have signed this checkpoint at that time, and no other", () => {
    const line = seen.split("\n").at(-2) ?? ""
    const elsewhere = `${checkpointOf(8, log)}${line}\n`
    expect(() => openAuditCheckpoint(elsewhere, known, { witnesses: [witness] })).toThrow("is not what")
    const base64 = line.split(" ").at(-1) ?? ""
    const bytes = Buffer.from(base64, "base64")
    for (const at of [4, 11, 12, 75]) {
      const changed = Buffer.from(bytes)
      changed[at] = (changed[at] ?? 0) ^ 0x80
      const forged = seen.replace(base64, changed.toString("base64"))
      expect(() => openAuditCheckpoint(forged, known, { witnesses: [witness] })).toThrow("is not what")
    }
    const short = seen.replace(base64, bytes.subarray(0, 10).toString("base64"))
    expect(() => openAuditCheckpoint(short, known, { witnesses: [witness] })).toThrow("is not what")
  })

  it("sign once, the newest time, and only with a time", () => {
    const again = cosigned(seen, witness, 1_700_000_000)
    expect(parseNote(again).signatures).toHaveLength(2)
    expect(openAuditCheckpoint(again, known, { witnesses: [witness] }).size).toBe(7)
    expect(() => cosigned(note, witness)).toThrow("says when it signs")
  })
})
