/**
 * What a schema's fields are called and what they hold, in words.
 */
import * as Schema from "effect/Schema"

/** What of a JSON Schema the pages look at. */
export interface JsonSchema {
  readonly $ref?: string
  readonly type?: string
  readonly description?: string
  readonly enum?: ReadonlyArray<unknown>
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly required?: ReadonlyArray<string>
  readonly items?: JsonSchema
  readonly prefixItems?: ReadonlyArray<JsonSchema>
  readonly anyOf?: ReadonlyArray<JsonSchema>
  readonly allOf?: ReadonlyArray<JsonSchema>
}

export interface Field {
  readonly name: string
  readonly type: string
  readonly optional: boolean
}

/** The schema as JSON Schema. */
export const jsonSchema = (schema: Schema.Top): JsonSchema =>
  Schema.toJsonSchemaDocument(schema).schema as JsonSchema

const words: Readonly<Record<string, string>> = {
  string: "text",
  integer: "whole number",
  number: "number",
  boolean: "true or false",
  null: "null",
  object: "mapping"
}

const typeOf = (schema: JsonSchema): string => {
  const { $ref, anyOf, items, prefixItems, properties, type } = schema
  const tag = properties?.["_tag"]?.enum?.[0]
  if ($ref !== undefined) return `\`${$ref.split("/").at(-1)}\``
  if (tag !== undefined) return `\`${tag}\``
  if (schema.enum) return schema.enum.map((value) => `\`${String(value)}\``).join(" or ")
  if (anyOf) return [...new Set(anyOf.map(typeOf))].join(" or ")
  if (type === "array") return `list of ${typeOf(items ?? prefixItems?.[0] ?? {})}`
  return words[type ?? ""] ?? "any JSON"
}

/** The fields of an object, in their order. */
export const fieldsOf = ({ properties = {}, required = [] }: JsonSchema): ReadonlyArray<Field> =>
  Object.entries(properties).map(([name, schema]) => ({
    name,
    type: typeOf(schema),
    optional: !required.includes(name)
  }))
