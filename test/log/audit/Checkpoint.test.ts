import { generateKeyPairSync } from "node:crypto"
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import {
  type Checkpoint,
  decodeCheckpoint,
  encodeCheckpoint,
  openCheckpoint,
  signedCheckpoint
} from "../../../src/log/audit/Checkpoint.ts"
import {
  consistencyProof,
  emptyRoot,
  inclusionProof,
  leafHash,
  MerkleFrontier,
  verifyConsistency,
  verifyInclusion
} from "../../../src/log/audit/MerkleTree.ts"
import { cosigned, makeNoteKey, readVerifierKey, signedNote } from "../../../src/log/audit/signedNote.ts"
import { firstPrevious, textHash } from "../../../src/log/eventHash.ts"

const origin = "example.com/box"
const key = makeNoteKey(origin, generateKeyPairSync("ed25519").privateKey)
const witness = makeNoteKey("witness.example/w1", generateKeyPairSync("ed25519").privateKey)

const character = fc.string({ unit: "binary", minLength: 1, maxLength: 1 }).filter((one) => one >= " ")
const line = fc.string({ unit: character, minLength: 1 })
const arbitraryCheckpoint: fc.Arbitrary<Checkpoint> = fc.record({
  origin: line,
  size: fc.maxSafeNat(),
  root: fc.uint8Array({ minLength: 32, maxLength: 32 }),
  extensions: fc.array(line, { maxLength: 3 })
})
/** Bytes are compared as such, whatever holds them. */
const plain = ({ root, ...others }: Checkpoint) => ({ ...others, root: [...root] })

describe("published checkpoints", () => {
  it("the example of c2sp.org/tlog-checkpoint", () => {
    const text = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
    const checkpoint = decodeCheckpoint(text)
    expect(checkpoint).toMatchObject({
      origin: "example.com/behind-the-sofa",
      size: 20852163,
      extensions: []
    })
    expect(Buffer.from(checkpoint.root).toString("hex")).toBe(
      "0ac5186a91863e8e1d90c808014aa89bf5da8e3ee1d9f07630f0378f68f1ab62"
    )
    expect(encodeCheckpoint(checkpoint)).toBe(text)
  })

  it("one of sum.golang.org of January 2023, with two signatures of a witness", () => {
    const note =
      "go.sum database tree\n15081221\nBoMMe1wd25Tco0mYGROkyqxHZWx+hcSCtMV315Lu6Lg=\n\n" +
      "— sum.golang.org Az3grilD7vQqTrv66jRgKM84Y80KTprrSt4bKmiOPxgmS5ZVBTeCl6dUvjYnN13R+C8j0jGY1WnUADGMkok3U0m2Zgo=\n" +
      "— test.example.com qTGhC3917mAr6hGh+T55tNjxaej/D/GQivJZRIj7XGdAcQOTqfMWIPgp/v/904LEduN/h2sSRtHUJXUL4b9Gm7Bz4Qc=\n" +
      "— test.example.com /Pa7Y/dUvWMAAAAAQVwkQVi81ArPV7BIaQYrMIxyzY0m8a4BdeeBhSKd3PviPK4/3Sd+NKSc5N7PDTCfAkUSVniN+R2oKIggA4iiDQ==\n"
    const sumKey = readVerifierKey("sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8")
    const checkpoint = openCheckpoint(note, "go.sum database tree", [sumKey])
    expect([checkpoint.size, Buffer.from(checkpoint.root).toString("base64")]).toEqual([
      15_081_221,
      "BoMMe1wd25Tco0mYGROkyqxHZWx+hcSCtMV315Lu6Lg="
    ])
  })
})

describe("a checkpoint", () => {
  it("comes back from its text as it was", () => {
    fc.assert(
      fc.property(arbitraryCheckpoint, (checkpoint) => {
        expect(plain(decodeCheckpoint(encodeCheckpoint(checkpoint)))).toEqual(plain(checkpoint))
      })
    )
  })

  it("comes back from a note that its log signed, whoever else did", () => {
    fc.assert(
      fc.property(arbitraryCheckpoint, (checkpoint) => {
        const note = cosigned(signedCheckpoint(checkpoint, [key]), witness)
        expect(plain(openCheckpoint(note, checkpoint.origin, [key]))).toEqual(plain(checkpoint))
      })
    )
  })

  it("may be of a log without events", () => {
    const text = "example.com/box\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n"
    expect(encodeCheckpoint({ origin, size: 0, root: emptyRoot, extensions: [] })).toBe(text)
    expect(decodeCheckpoint(text).size).toBe(0)
  })

  const some: Checkpoint = { origin, size: 7, root: new Uint8Array(32), extensions: [] }

  it("is refused if it is of another log", () => {
    const note = signedCheckpoint(some, [key])
    expect(() => openCheckpoint(note, "example.com/other", [key])).toThrow(
      'this is no checkpoint: it is of "example.com/box", not of "example.com/other"'
    )
  })

  it("is refused if no key of the log signed it, or if it was changed", () => {
    const note = signedCheckpoint(some, [key])
    expect(() => openCheckpoint(note, origin, [witness])).toThrow("no such key is known")
    expect(() => openCheckpoint(note.replace("\n7\n", "\n8\n"), origin, [key])).toThrow("this is not what")
  })

  it("is refused if something else was signed", () => {
    expect(() => openCheckpoint(signedNote("hello\n", [key]), origin, [key])).toThrow(
      "this is no checkpoint: it needs a line each for origin, size and root hash"
    )
  })
})

describe("a text is no checkpoint, and it is said why,", () => {
  const root = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="

  it.each([
    [`o\n7\n${root}`, "its last line has no end"],
    ["o\n7\n", "it needs a line each for origin, size and root hash"],
    ["\n", "it needs a line each for origin, size and root hash"],
    [`\n7\n${root}\n`, "its origin is empty"],
    [`o\n07\n${root}\n`, 'its size is "07", not a plain decimal number'],
    [`o\n+7\n${root}\n`, 'its size is "+7"'],
    [`o\n-7\n${root}\n`, 'its size is "-7"'],
    [`o\n7.0\n${root}\n`, 'its size is "7.0"'],
    [`o\n7e1\n${root}\n`, 'its size is "7e1"'],
    [`o\n 7\n${root}\n`, 'its size is " 7"'],
    [`o\n٧\n${root}\n`, 'its size is "٧"'],
    [`o\n\n${root}\n`, 'its size is ""'],
    [`o\n9007199254740992\n${root}\n`, "its size 9007199254740992 is more than 9007199254740991"],
    ["o\n7\nAAAA\n", "its root hash has 3 bytes, not 32"],
    [`o\n7\n${root.slice(0, -1)}\n`, "which is not Base64"],
    [`o\n7\n${root.replace("A=", "B=")}\n`, "which is not Base64"],
    [`o\n7\n${root} \n`, "which is not Base64"],
    [`o\n7\n${root}\n\n`, "it has an empty line"],
    [`o\n7\n${root}\n\nmore\n`, "it has an empty line"]
  ])("as %j", (text, issue) => {
    expect(() => decodeCheckpoint(text)).toThrow(`this is no checkpoint: `)
    expect(() => decodeCheckpoint(text)).toThrow(issue)
  })

  it.each<[Partial<Checkpoint>, string]>([
    [{ origin: "a\nb" }, '"a\\nb" is more than one line'],
    [{ origin: "" }, "its origin is empty"],
    [{ size: -1 }, 'its size is "-1"'],
    [{ size: Number.NaN }, 'its size is "NaN"'],
    [{ size: 2 ** 53 }, "its size 9007199254740992 is more than"],
    [{ root: new Uint8Array(31) }, "its root hash has 31 bytes, not 32"],
    [{ extensions: ["a\n\n— b c"] }, "is more than one line"],
    [{ extensions: [""] }, "it has an empty line"]
  ])("nor is one written from %j", (change, issue) => {
    const good = { origin, size: 7, root: new Uint8Array(32), extensions: [] }
    expect(() => encodeCheckpoint({ ...good, ...change })).toThrow(issue)
  })
})

it("two checkpoints and two proofs show that an event was in a log, and is in what the log has become", () => {
  const texts = ["{}", '{"a":1}', '{"b":2}', '{"c":3}', '{"d":4}', '{"e":5}', '{"f":6}']
  const leaves: Array<Uint8Array> = []
  const frontier = new MerkleFrontier()
  let previous = firstPrevious
  const signed = texts.map((text) => {
    previous = textHash(previous, text)
    leaves.push(leafHash(previous))
    frontier.append(leafHash(previous))
    return signedCheckpoint({ origin, size: frontier.size, root: frontier.root, extensions: [] }, [key])
  })
  const tree = (index: number): Uint8Array => leaves[index] ?? new Uint8Array(32)

  const old = openCheckpoint(signed[3] ?? "", origin, [key])
  const now = openCheckpoint(signed[6] ?? "", origin, [key])
  const inclusion = { leaf: tree(2), index: 2, proof: inclusionProof(tree, 2, old.size) }
  expect(verifyInclusion({ ...inclusion, size: old.size, root: old.root })).toBe(true)
  const proof = consistencyProof(tree, old.size, now.size)
  const consistency = { oldSize: old.size, oldRoot: old.root, newSize: now.size, proof }
  expect(verifyConsistency({ ...consistency, newRoot: now.root })).toBe(true)
})
