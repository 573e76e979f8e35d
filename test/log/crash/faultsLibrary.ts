import { spawnSync } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

const source = fileURLToPath(new URL("./faults.c", import.meta.url))

/** Says so that nobody overlooks it: what could not be tried here, and why. */
export const tellUntried = (what: string, why: string): void =>
  console.warn(`\n${"!".repeat(100)}\n!! NOT TRIED: ${what}: ${why}\n${"!".repeat(100)}\n`)

/** The library of `faults.c`, made now and gone with the process; undefined, and said so, where it cannot be made. */
const make = (): string | undefined => {
  const tell = (why: string) => tellUntried("faults beneath SQLite", why)
  if (process.platform !== "linux") return void tell("they need LD_PRELOAD as Linux has it")
  const folder = mkdtempSync(join(tmpdir(), "signalbox-faults-"))
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }))
  const library = join(folder, "faults.so")
  const flags = ["-O1", "-shared", "-fPIC", "-D_FILE_OFFSET_BITS=64"]
  const made = spawnSync("cc", [...flags, "-o", library, source, "-ldl", "-lpthread"], { encoding: "utf8" })
  if (made.error) return void tell("there is no C compiler `cc`")
  if (made.status !== 0) return void tell(made.stderr)
  return library
}

let library: { readonly path: string | undefined } | undefined

export const faultsLibrary = (): string | undefined => {
  library ??= { path: make() }
  return library.path
}
