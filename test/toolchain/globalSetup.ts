/**
 * Before any test: the right Node, and one seed for every property of this run.
 */
import pkg from "./package.json" with { type: "json" }

export default () => {
  const wanted = pkg.version
  if (process.versions.node !== wanted) {
    throw new Error(`tests run on Node ${wanted}, not ${process.versions.node}: use npm test or npx vitest`)
  }
  process.env["SIGNALBOX_SEED"] ??= String((Date.now() ^ (process.pid << 15)) >>> 0)
  console.log(`properties: seed ${process.env["SIGNALBOX_SEED"]} (set SIGNALBOX_SEED to repeat a run)`)
}
