import { spawnSync } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

const source = fileURLToPath(new URL("./faults.c", import.meta.url))

/** Says so that nobody overlooks it: what could not be tried here, and why. */
export const tellUntried = (what: string, why: string): void =>
  console.warn(`\n${"!".repeat(100)}\n!! NOT TRIED: ${what}: ${why}\n${"!".repeat(100)}\n`)

/** Makes the library; answers why not, where it cannot. */
const make = (library: string): string | undefined => {
  if (process.platform !== "linux") return "they need LD_PRELOAD as Linux has it"
  const flags = ["-O1", "-shared", "-fPIC", "-D_FILE_OFFSET_BITS=64"]
  const made = spawnSync("cc", [...flags, "-o", library, source, "-ldl", "-lpthread"], { encoding: "utf8" })
  if (made.error) return "there is no C compiler `cc`"
  return made.status === 0 ? undefined : made.stderr
}

let library: { readonly path: string | undefined } | undefined

/** The library of `faults.c`, made once and gone with the process; undefined, and said so, where it cannot be made. */
export const faultsLibrary = (): string | undefined => {
  if (library) return library.path
  const folder = mkdtempSync(join(tmpdir(), "signalbox-faults-"))
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }))
  const path = join(folder, "faults.so")
  const why = make(path)
  if (why !== undefined) tellUntried("faults beneath SQLite", why)
  library = { path: why === undefined ? path : undefined }
  return library.path
}
