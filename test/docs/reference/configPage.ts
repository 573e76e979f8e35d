/**
 * The page of the configuration files, from their schemas.
 */
import { dagsterYaml, otherSections } from "../../../src/config/dagsterYaml.ts"
import { signalboxYaml } from "../../../src/config/signalboxYaml.ts"
import { fieldsOf, type JsonSchema, jsonSchema } from "./fields.ts"
import { table } from "./table.ts"

const alternatives = (schema: JsonSchema): ReadonlyArray<JsonSchema> => schema.anyOf ?? [schema]

const takesVariable = (schema: JsonSchema): boolean =>
  alternatives(schema).some(({ properties }) => Object.keys(properties ?? {}).join() === "env")

/** What stands below a key: the keys of a mapping, or of each mapping in a list. */
const within = (schema: JsonSchema): readonly [mark: string, below: JsonSchema] | undefined => {
  for (const one of alternatives(schema)) {
    if (takesVariable({ anyOf: [one] })) continue
    if (one.properties) return ["", one]
    const item = one.type === "array" ? one.items : undefined
    if (item?.properties) return ["[]", item]
  }
  return undefined
}

/** Mappings whose keys are free. */
const mappings: Readonly<Record<string, string>> = {
  limits: "mapping of whole numbers",
  where: "mapping of texts",
  env: "mapping of texts",
  labels: "mapping of texts",
  annotations: "mapping of texts"
}

const typeOf = (field: { readonly name: string; readonly type: string }, schema: JsonSchema): string => {
  if (takesVariable(schema)) return "whole number"
  return mappings[field.name] ?? field.type
}

interface Key {
  readonly path: string
  readonly type: string
  readonly meaning: string
  readonly takesVariable: boolean
}

/** All keys of a schema, each with its path; a mapping before its own. */
const keysOf = (schema: JsonSchema, before: string): ReadonlyArray<Key> =>
  fieldsOf(schema).flatMap((field): ReadonlyArray<Key> => {
    const own = schema.properties?.[field.name] ?? {}
    const path = `${before}${field.name}`
    const meaning = own.description ?? own.allOf?.find(({ description }) => description)?.description ?? ""
    const key = { path, type: typeOf(field, own), meaning, takesVariable: takesVariable(own) }
    const [mark, below] = within(own) ?? ["", undefined]
    return [key, ...(below ? keysOf(below, `${path}${mark}.`) : [])]
  })

const sectionNames = [
  "run_coordinator",
  "run_queue",
  "concurrency",
  "run_monitoring",
  "run_retries",
  "routes",
  "launchers"
]

const ofDagster = (key: Key | undefined): string => {
  if (!key) return "no"
  return key.takesVariable ? "yes, and `{ env: NAME }`" : "yes"
}

const sectionTable = (name: string): string => {
  const keys = (schema: JsonSchema) => {
    const section = schema.properties?.[name] ?? {}
    const [mark, below] = within(section) ?? ["", section]
    return keysOf(below, mark === "" ? "" : `${mark}.`)
  }
  const dagster = new Map(keys(jsonSchema(dagsterYaml({}, "queued"))).map((key) => [key.path, key]))
  const rows = keys(jsonSchema(signalboxYaml({}, "queued")))
    // The keys of the queue stand in their own section.
    .filter(({ path }) => name !== "run_coordinator" || !path.startsWith("config."))
    .map((key) => [`\`${key.path}\``, key.type, ofDagster(dagster.get(key.path)), key.meaning])
  return table(["key", "type", "in dagster.yaml", "meaning"], rows)
}

/** The text of the page; `written` says from what it is made. */
export const configPage = (written: (from: string) => string): string => `# Configuration files

\`signalbox run --config FILE\` takes the policy from a file; \`signalbox config check FILE\` says what is wrong with it, and
\`signalbox config explain FILE\` what holds, where each value comes from, and which rules are dead.
${written("the schemas in `src/config`")}

A file called \`dagster.yaml\` is read as Dagster reads it, unchanged: what is no key of Dagster's is an error. A file of any other
name is a \`signalbox.yaml\`: a dagster.yaml is a part of it with the same meaning, and it has more keys. \`--form\` says which it
is where the name does not. Both are YAML 1.1, as Dagster's are. The policy of a [run file](run-file.md) has the keys of
\`concurrency.runs\`.

In a signalbox.yaml \`{ env: NAME }\` may stand for any whole number: the number that the environment variable holds. In a
dagster.yaml it may where Dagster takes it.

${sectionNames.map((name) => `## \`${name}\`\n\n${sectionTable(name)}`).join("\n\n")}

## \`run_launcher\`

No part of the policy. \`signalbox run\` starts each run as a process of its own, much as Dagster's \`DefaultRunLauncher\` does; a
program may bring a launcher of its own. What has to be brought over is told.

## Rules

In this order, as Dagster checks them; all that are broken are told at once, before what is wrong with the shape of the file.

1. \`run_queue\` and \`run_coordinator\` exclude each other.
2. \`concurrency.default_op_concurrency_limit\` is not allowed beside \`concurrency.pools\`.
3. The default limit of pools is 0 to 1000, or to what \`DAGSTER_MAX_GLOBAL_OP_CONCURRENCY_LIMIT\` says.
4. \`concurrency.pools.granularity\` is \`run\` or \`op\`.
5. With \`concurrency.runs\` or \`concurrency.pools\` the queue says no \`max_concurrent_runs\`, no \`tag_concurrency_limits\` and no
   \`op_concurrency_slot_buffer\`. A custom class may; \`concurrency\` goes before it.

A class under Dagster's own module that Dagster has not is an error. In a dagster.yaml \`max_resume_run_attempts\` is 0 where Dagster's launcher cannot resume runs.

## A custom coordinator

A class of one's own is read as a queue, and its own keys are not read. What its \`submit_run\` does becomes \`onSubmit\`; an
order of its own becomes one of \`orders\`: see [custom-coordinator.ts](../examples/custom-coordinator.ts).

## Other sections

Known by name and not read: ${otherSections.map((name) => `\`${name}\``).join(", ")}. Any other is an error.
`
