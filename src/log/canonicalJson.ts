/**
 * One text for each JSON value, whoever writes it and in whatever order its members were put together: what is
 * hashed and signed must not depend on the writer. This is RFC 8785, the JSON Canonicalization Scheme (JCS).
 *
 * JavaScript's own serialization is the one that the RFC is built on, so numbers and strings are left to it. What
 * is added is the order of members and a refusal of everything that is no JSON, where `JSON.stringify` would write
 * something else in its place. Our own few lines, since what they write is hashed for ever and may never change.
 */

/** How deep values may be nested: far less than the stack bears, and an end to what contains itself. */
const depthMax = 1_000

/** The steps from the whole to one of its parts: keys and indices. */
type Path = ReadonlyArray<string | number>

/** Says where, as a JSON Pointer (RFC 6901), and why. */
const refuse = (path: Path, issue: string): never => {
  const pointer = path.map((step) => `/${String(step).replaceAll("~", "~0").replaceAll("/", "~1")}`).join("")
  throw new Error(`${pointer === "" ? "the value" : `the value at ${pointer}`} is no JSON: ${issue}`)
}

/** A string in quotes (section 3.2.2.2). Throws for half a surrogate pair, which UTF-8 cannot hold. */
export const canonicalString = (text: string, path: Path): string =>
  text.isWellFormed()
    ? JSON.stringify(text)
    : refuse(path, `it holds half a surrogate pair: ${JSON.stringify(text)}`)

const canonicalArray = (items: ReadonlyArray<unknown>, path: Array<string | number>): string => {
  let text = ""
  for (let index = 0; index < items.length; index++) {
    path.push(index)
    text += `${index === 0 ? "" : ","}${write(items[index], path)}`
    path.pop()
  }
  return `[${text}]`
}

/** Members in the order of the UTF-16 code units of their keys (section 3.2.3), which is how `sort` compares. */
const canonicalObject = (
  members: Readonly<Record<string, unknown>>,
  path: Array<string | number>
): string => {
  let text = ""
  for (const key of Object.keys(members).sort()) {
    const value = members[key]
    if (value === undefined) continue
    path.push(key)
    text += `${text === "" ? "" : ","}${canonicalString(key, path)}:${write(value, path)}`
    path.pop()
  }
  return `{${text}}`
}

/** Made by braces or by `JSON.parse`: its prototype, if any, is the last of its chain. */
const isPlain = (value: object): value is Readonly<Record<string, unknown>> => {
  const prototype = Object.getPrototypeOf(value)
  return prototype === null || Object.getPrototypeOf(prototype) === null
}

const write = (value: unknown, path: Array<string | number>): string => {
  switch (typeof value) {
    case "string":
      return canonicalString(value, path)
    case "number":
      return Number.isFinite(value) ? String(value) : refuse(path, `it is ${value}`)
    case "boolean":
      return String(value)
    case "object":
      if (value === null) return "null"
      if (path.length >= depthMax) return refuse(path.slice(0, 9), `it is nested more than ${depthMax} deep`)
      if (Array.isArray(value)) return canonicalArray(value, path)
      return isPlain(value) ? canonicalObject(value, path) : refuse(path, "it is no plain object")
    default:
      return refuse(path, value === undefined ? "it is undefined" : `it is a ${typeof value}`)
  }
}

/**
 * The canonical text of a JSON value (RFC 8785). Members that are undefined are left out, as `JSON.stringify` does.
 * Throws an `Error` that says where something is that JSON cannot hold.
 */
export const canonicalJson = (value: unknown): string => write(value, [])
