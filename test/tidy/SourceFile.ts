/**
 * A TypeScript file as the rules see it: what it imports, exports, declares and uses.
 */
import { parseSync } from "rolldown/utils"

interface Import {
  readonly from: string
  readonly line: number
  /** The names that are taken; `*` is all of them. */
  readonly names: ReadonlyArray<string>
}

export interface Export {
  readonly name: string
  readonly line: number
  readonly documented: boolean
  /** Where it comes from, if it is only passed on; the name `*` is all of them. */
  readonly passedOn?: { readonly from: string; readonly name: string }
}

export interface SourceFile {
  readonly path: string
  readonly lines: number
  readonly imports: ReadonlyArray<Import>
  readonly exports: ReadonlyArray<Export>
  readonly functions: ReadonlyArray<{ readonly name: string; readonly line: number; readonly lines: number }>
  /** Names that are read, `Object.member` pairs, and the words `async` and `await`. */
  readonly uses: ReadonlyArray<{ readonly word: string; readonly line: number }>
  /** What stands in quotes. */
  readonly strings: ReadonlyArray<string>
}

interface Node {
  readonly type: string
  readonly start: number
  readonly end: number
  readonly [field: string]: unknown
}

const isNode = (value: unknown): value is Node =>
  typeof value === "object" && value !== null && "type" in value && typeof value.type === "string"

type Visit = (node: Node, parent: Node | undefined, field: string | undefined) => void

/** Visits a node and all below it, each with its parent and the field that it stands in. */
const walk = (node: Node, visit: Visit, parent?: Node, field?: string): void => {
  visit(node, parent, field)
  for (const [name, value] of Object.entries(node)) {
    for (const below of Array.isArray(value) ? value : [value])
      if (isNode(below)) walk(below, visit, node, name)
  }
}

const nameOf = (node: unknown): string =>
  isNode(node) ? String(node["name"] ?? node["value"] ?? "a function") : "a function"

/** Whether the name only names something, such as a field, and does not read it. */
const isLabel = (parent: Node | undefined, field: string | undefined): boolean =>
  parent !== undefined &&
  (parent.type.startsWith("Import") ||
    parent.type === "ExportSpecifier" ||
    (field === "key" && !parent["computed"]) ||
    (field === "property" && !parent["computed"]) ||
    (parent.type === "TSQualifiedName" && field === "right"))

const isFunction = (node: Node): boolean => /^(Arrow)?Function(Declaration|Expression)?$/.test(node.type)

const wordsOf = (node: Node, parent: Node | undefined, field: string | undefined): ReadonlyArray<string> => {
  if (isFunction(node)) return node["async"] === true ? ["async"] : []
  if (node.type === "AwaitExpression" || (node.type === "ForOfStatement" && node["await"])) return ["await"]
  if (node.type === "MemberExpression" && !node["computed"]) {
    return [`${nameOf(node["object"])}.${nameOf(node["property"])}`]
  }
  return node.type === "Identifier" && !isLabel(parent, field) ? [nameOf(node)] : []
}

/** Answers the line of an offset; by halves, since it is asked for every node. */
const lineFinder = (text: string): ((offset: number) => number) => {
  const ends = Array.from(text.matchAll(/\n|$/g), ({ index }) => index)
  return (offset) => {
    let [low, high] = [0, ends.length - 1]
    while (low < high) {
      const middle = (low + high) >> 1
      if ((ends[middle] ?? 0) < offset) low = middle + 1
      else high = middle
    }
    return low + 1
  }
}

interface Reading {
  readonly module: ReturnType<typeof parseSync>["module"]
  readonly lineAt: (offset: number) => number
  readonly isDocumented: (offset: number) => boolean
}

const importsOf = ({ module, lineAt }: Reading): ReadonlyArray<Import> =>
  module.staticImports.map(({ start, moduleRequest, entries }) => ({
    from: moduleRequest.value,
    line: lineAt(start),
    names: entries.map(({ importName: { name, kind } }) => name ?? (kind === "Default" ? "default" : "*"))
  }))

const exportsOf = ({ module, lineAt, isDocumented }: Reading): ReadonlyArray<Export> =>
  module.staticExports.flatMap(({ start, entries }) =>
    entries.map(({ moduleRequest, importName, exportName: { name, kind } }) => ({
      name: name ?? (kind === "Default" ? "default" : "*"),
      line: lineAt(start),
      documented: isDocumented(start),
      ...(moduleRequest && { passedOn: { from: moduleRequest.value, name: importName.name ?? "*" } })
    }))
  )

/** Reads a file. Throws where it is not TypeScript. */
export const parse = (path: string, text: string): SourceFile => {
  const { program, module, comments, errors } = parseSync(path, text)
  if (errors[0]) throw new Error(`${path}: ${errors[0].message}`)
  const docs = comments.filter(({ type, value }) => type === "Block" && value.startsWith("*"))
  const isDocumented = (start: number): boolean =>
    docs.some(({ end }) => end <= start && text.slice(end, start).trim() === "")
  const lineAt = lineFinder(text)
  const reading: Reading = { module, lineAt, isDocumented }
  const exports = exportsOf(reading)
  const passedOn = exports.flatMap(({ line, passedOn: from }) =>
    from ? [{ from: from.from, line, names: [from.name] }] : []
  )
  const imports: Array<Import> = [...importsOf(reading), ...passedOn]
  const functions: Array<SourceFile["functions"][number]> = []
  const uses: Array<SourceFile["uses"][number]> = []
  const strings: Array<string> = []
  walk(program as unknown as Node, (node, parent, field) => {
    const line = lineAt(node.start)
    for (const word of wordsOf(node, parent, field)) uses.push({ word, line })
    if (isFunction(node)) {
      const name = nameOf(node["id"] ?? parent?.["id"] ?? parent?.["key"])
      functions.push({ name, line, lines: lineAt(node.end) - line + 1 })
    }
    if (node.type === "Literal" && typeof node["value"] === "string") strings.push(node["value"])
    const isImport = node.type === "ImportExpression" || node.type === "TSImportType"
    // What is imported by a value is named where that comes from.
    if (isImport && (node["source"] as Node).type === "Literal") {
      imports.push({ from: nameOf(node["source"]), line, names: ["*"] })
    }
  })
  return { path, lines: text.trimEnd().split("\n").length, imports, exports, functions, uses, strings }
}
