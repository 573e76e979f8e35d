import { spawnSync } from "node:child_process"
import { tmpdir } from "node:os"
import { tellUntried } from "../crash/faultsLibrary.ts"

/** Before a command: it may mount what only it sees, and what is gone with it. */
export const ownMounts: ReadonlyArray<string> = [
  "unshare",
  ...(process.getuid?.() === 0 ? [] : ["--map-root-user"]),
  "--mount"
]

/** Whether that can be done here; said so, where it cannot. `what` is not tried then. */
export const canMount = (what: string): boolean => {
  const [command = "", ...args] = ownMounts
  const tried = spawnSync(command, [...args, "mount", "-t", "tmpfs", "tmpfs", tmpdir()], { encoding: "utf8" })
  if (tried.status !== 0) tellUntried(what, tried.error?.message ?? tried.stderr.trim())
  return tried.status === 0
}
