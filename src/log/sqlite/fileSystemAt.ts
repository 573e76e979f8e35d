/**
 * What kind of file system a log is to stand on. SQLite's write-ahead log and the lock of the lead hold between
 * processes of one machine. Where several machines reach the same files neither can be trusted, so two coordinators could
 * lead: such a place is refused. Where that cannot be told from outside, as of FUSE, the log is made and a warning given.
 */
import { statfsSync } from "node:fs"

/** What a place can be trusted with. */
interface FileSystem {
  readonly name: string
  /** - `shared`: reached by several machines; `unknown`: may be. */
  readonly kind: "local" | "shared" | "unknown"
}

const local: FileSystem = { name: "a local file system", kind: "local" }

/** By the magic numbers of Linux, as in `statfs(2)`, and for what that page lacks in the kernel's `magic.h`. */
const known: ReadonlyArray<readonly [type: number, name: string, kind: FileSystem["kind"]]> = [
  [0x6969, "NFS", "shared"],
  [0x517b, "SMB", "shared"],
  [0xff534d42, "SMB (CIFS)", "shared"],
  [0xfe534d42, "SMB 2", "shared"],
  [0x5346414f, "AFS", "shared"],
  [0x6b414653, "AFS", "shared"],
  [0x73757245, "Coda", "shared"],
  [0x564c, "NCP", "shared"],
  [0x00c36400, "Ceph", "shared"],
  [0x0bd00bd0, "Lustre", "shared"],
  [0x47504653, "GPFS", "shared"],
  [0x19830326, "BeeGFS", "shared"],
  [0x20030528, "OrangeFS", "shared"],
  [0x01161970, "GFS2", "shared"],
  [0x7461636f, "OCFS2", "shared"],
  [0x01021997, "9p", "unknown"],
  [0x65735546, "FUSE", "unknown"],
  [0x786f4256, "a shared folder of VirtualBox", "unknown"],
  [0xbacbacbc, "a shared folder of VMware", "unknown"]
]

/** Which one holds a file or folder that is there. Only Linux tells; elsewhere each counts as local. */
export const fileSystemAt = (
  path: string,
  typeOf: (path: string) => number = (at) => statfsSync(at).type,
  platform: string = process.platform
): FileSystem => {
  if (platform !== "linux") return local
  // Some kernels and C libraries hand out 32 bits with a sign.
  const type = typeOf(path) >>> 0
  const found = known.find(([number]) => number === type)
  return found ? { name: found[1], kind: found[2] } : local
}
