/**
 * Builds what is published: `dist/src` and `dist/machines` are the library, file by file and with its types;
 * `dist/bin` is the command line.
 */
import { execFileSync } from "node:child_process"
import { rmSync } from "node:fs"
import { join } from "node:path"
import { bundle } from "./bundle.ts"

const root = join(import.meta.dirname, "../..")
const at = (path: string): string => join(root, path)

rmSync(at("dist"), { recursive: true, force: true })
execFileSync(at("node_modules/.bin/tsc"), ["--project", at("tsconfig.build.json")], { stdio: "inherit" })
await bundle(at("dist/bin"))
