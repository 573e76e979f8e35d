/**
 * Before any test: the right Node, one seed for every property of this run, and the command line as it is
 * published, for the tests that start it.
 */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { bundle } from "./bundle.ts"
import pkg from "./package.json" with { type: "json" }

export default async () => {
  const wanted = pkg.version
  if (process.versions.node !== wanted) {
    throw new Error(`tests run on Node ${wanted}, not ${process.versions.node}: use npm test or npx vitest`)
  }
  process.env["SIGNALBOX_SEED"] ??= String((Date.now() ^ (process.pid << 15)) >>> 0)
  console.log(`properties: seed ${process.env["SIGNALBOX_SEED"]} (set SIGNALBOX_SEED to repeat a run)`)

  const folder = mkdtempSync(join(tmpdir(), "signalbox-program-"))
  process.env["SIGNALBOX_PROGRAM"] = await bundle(folder)
  return () => rmSync(folder, { recursive: true, force: true })
}
