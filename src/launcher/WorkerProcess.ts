/**
 * A process that may not be our child: who it is, whether it lives, how it ended. Read from the files that
 * `workerShim.ts` leaves and from the kernel.
 */
import { closeSync, existsSync, openSync, readFileSync, readSync, statSync, writeFileSync } from "node:fs"
import { constants } from "node:os"
import { join } from "node:path"
import type { Outcome } from "../run/Outcome.ts"
import { settings } from "../settings.ts"

/** Names a process for good: pids come round again, boots and start times do not. */
export interface WorkerProcess {
  readonly pid: number
  readonly boot: string
  readonly startTime: string
}

const readIfThere = (file: string): string | undefined => {
  try {
    return readFileSync(file, "utf8")
  } catch {
    return undefined
  }
}

/** The fields of `/proc/PID/stat` after the name, which may hold blanks: state first, start time twentieth. */
const statFields = (stat: string): ReadonlyArray<string> => stat.slice(stat.lastIndexOf(")") + 2).split(" ")

/**
 * Who works on the attempt of this folder: a process; `stopped` if it was kept from ever starting; `claiming`
 * if the claim is just being written; undefined if nobody ever did.
 */
export const readClaim = (folder: string): WorkerProcess | "stopped" | "claiming" | undefined => {
  const text = readIfThere(join(folder, "worker"))
  if (text === undefined) return undefined
  if (text === "stopped\n") return "stopped"
  const [pid = "", boot = "", stat = "", end] = text.split("\n")
  if (end === undefined) return "claiming"
  return { pid: Number(pid), boot, startTime: statFields(stat)[19] ?? "" }
}

/** Claims the attempt so that no process ever starts on it; false if one has come before. */
export const claimAsStopped = (folder: string): boolean => {
  try {
    writeFileSync(join(folder, "worker"), "stopped\n", { flag: "wx" })
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false
    throw error
  }
}

const signalable = (pid: number): boolean => {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM"
  }
}

/** Whether this very process still runs. A zombie does not. */
export const isAlive = ({ pid, boot, startTime }: WorkerProcess): boolean => {
  if (boot === "") return signalable(pid)
  if (readIfThere("/proc/sys/kernel/random/boot_id")?.trim() !== boot) return false
  const stat = readIfThere(`/proc/${pid}/stat`)
  if (stat === undefined) return false
  const fields = statFields(stat)
  return fields[19] === startTime && fields[0] !== "Z"
}

/** Sends a signal to the process and all that it has started, if it is still there. */
export const signalGroup = (worker: WorkerProcess, signal: "SIGTERM" | "SIGKILL"): void => {
  if (!isAlive(worker)) return
  try {
    process.kill(-worker.pid, signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error
  }
}

/** The end of the file, cut at a line where that is possible. */
const tailOf = (file: string): string => {
  if (!existsSync(file)) return ""
  const { size } = statSync(file)
  const length = Math.min(size, settings.outputTailBytes)
  const buffer = Buffer.alloc(length)
  const descriptor = openSync(file, "r")
  try {
    readSync(descriptor, buffer, 0, length, size - length)
  } finally {
    closeSync(descriptor)
  }
  const text = buffer.toString("utf8")
  return (length < size ? text.slice(text.indexOf("\n") + 1) : text).trimEnd()
}

const signals = new Map(Object.entries(constants.signals).map(([name, number]) => [number, name]))

/** What an exit code means; a shell tells of a signal by adding 128 to its number. */
export const outcomeOf = (folder: string, code: number): Outcome => {
  if (code === 0) return { _tag: "Succeeded" }
  const signal = code > 128 ? signals.get(code - 128) : undefined
  const tail = tailOf(join(folder, "stderr")) || tailOf(join(folder, "stdout"))
  return { _tag: "Exited", code, ...(signal !== undefined && { signal }), ...(tail !== "" && { tail }) }
}

/** How the command of this folder has ended; undefined while nothing is written of it. */
export const readExit = (folder: string): Outcome | undefined => {
  const text = readIfThere(join(folder, "exit"))
  return text?.endsWith("\n") ? outcomeOf(folder, Number(text)) : undefined
}
