/**
 * A folder as a reader of the docs has it: a clone of the repository, with `signalbox` and the right `node` at hand.
 */
import { cpSync, existsSync, mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { delimiter, dirname, join } from "node:path"

/** Takes `signalbox` from source, for `import` and for the command line. */
const fromSource = "--conditions=signalbox-source"

export interface ReadersFolder {
  readonly cwd: string
  readonly env: Readonly<Record<string, string>>
}

/** Makes the folder. What is written into it does not touch the repository. */
export const makeReadersFolder = (root: string): ReadersFolder => {
  const cwd = mkdtempSync(join(tmpdir(), "signalbox-docs-"))
  for (const code of ["src", "machines", "node_modules"]) symlinkSync(join(root, code), join(cwd, code))
  for (const copied of ["package.json", "docs/examples"]) {
    if (existsSync(join(root, copied))) cpSync(join(root, copied), join(cwd, copied), { recursive: true })
  }
  const bin = join(cwd, ".bin")
  mkdirSync(bin)
  writeFileSync(join(bin, "signalbox"), `#!/bin/sh\nexec node '${root}/src/cli/main.ts' "$@"\n`, {
    mode: 0o755
  })
  const path = [bin, dirname(process.execPath), process.env["PATH"] ?? ""].join(delimiter)
  // No container engine: what an example does must not depend on the machine.
  const nowhere = { DOCKER_HOST: `unix://${join(cwd, "none.sock")}` }
  const locale = { TZ: "UTC", LANG: "C.UTF-8", NO_COLOR: "1" }
  const env = { PATH: path, HOME: cwd, NODE_OPTIONS: fromSource, ...locale, ...nowhere }
  return { cwd, env }
}
