/**
 * What a reviewer would otherwise have to remember. Each rule holds for the repository, and finds what is wrong
 * with a small tree that breaks it.
 */
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { exportRules } from "./tidy/exports.ts"
import { importRules } from "./tidy/imports.ts"
import { nameRules } from "./tidy/names.ts"
import { purityRules } from "./tidy/purity.ts"
import { sizeRules } from "./tidy/sizes.ts"
import { readTree, treeOf } from "./tidy/Tree.ts"
import { textRules } from "./tidy/texts.ts"

const rules = [importRules, purityRules, sizeRules, nameRules, exportRules, textRules].flat()
const repository = readTree(join(import.meta.dirname, ".."))

it("the rules read what is committed, and only that", () => {
  const paths = [...repository.files.keys()]
  expect(paths).toEqual(expect.arrayContaining([".gitignore", "package.json", "src/run/decide.ts"]))
  expect(paths.filter((path) => /^(node_modules|dist|\.git)\//.test(path))).toEqual([])
})

for (const { title, breaches, counterexample, said } of rules) {
  describe(title, () => {
    it("holds", () => {
      expect(breaches(repository)).toEqual([])
    })

    it("finds what breaks it", () => {
      expect(breaches(treeOf(Object.entries(counterexample)))).toEqual(said)
    })
  })
}
