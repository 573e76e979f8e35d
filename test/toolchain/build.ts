/**
 * Builds what is published: `dist/src` and `dist/machines` are the library, file by file and with its types;
 * `dist/bin` is the command line in one file, which starts four times as fast.
 */
import { execFileSync } from "node:child_process"
import { chmodSync, rmSync } from "node:fs"
import { join } from "node:path"
import { build } from "rolldown"

const root = join(import.meta.dirname, "../..")
const at = (path: string): string => join(root, path)

/** A program and all that it needs, in one file. */
const bundle = async (source: string, file: string, firstLine = ""): Promise<void> => {
  await build({
    input: at(source),
    platform: "node",
    output: { file: at(file), banner: firstLine, codeSplitting: false },
    logLevel: "warn"
  })
}

rmSync(at("dist"), { recursive: true, force: true })
execFileSync(at("node_modules/.bin/tsc"), ["--project", at("tsconfig.build.json")], { stdio: "inherit" })
await bundle("src/cli/main.ts", "dist/bin/signalbox.js", "#!/usr/bin/env node")
chmodSync(at("dist/bin/signalbox.js"), 0o755)
// The log starts its writer as a thread, from a file that it expects beside its own.
await bundle("src/log/sqliteWriter.ts", "dist/bin/sqliteWriter.js")
