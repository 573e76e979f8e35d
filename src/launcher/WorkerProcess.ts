/**
 * A process that may not be our child: who it is, whether it lives, how it ended. Read from the files that
 * `workerShim.ts` leaves and from the kernel.
 */
import { closeSync, openSync, readdirSync, readFileSync, readSync, statSync, writeFileSync } from "node:fs"
import { constants } from "node:os"
import { join } from "node:path"
import type { Outcome } from "../run/Outcome.ts"
import { settings } from "../settings.ts"
import { endOf, exitOutcome } from "./exitOutcome.ts"

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

const readWorker = (folder: string, pid: string): WorkerProcess | undefined => {
  const [boot = "", stat = "", end] = readIfThere(join(folder, `worker.${pid}`))?.split("\n") ?? []
  return end === undefined ? undefined : { pid: Number(pid), boot, startTime: statFields(stat)[19] ?? "" }
}

const namesIn = (folder: string): ReadonlyArray<string> => {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

/** Whether a process that would work on the attempt of this folder is alive. */
const isContended = (folder: string): boolean =>
  namesIn(folder).some((name) => {
    const worker = name.startsWith("worker.") && readWorker(folder, name.slice("worker.".length))
    return worker && isAlive(worker)
  })

/**
 * Who works on the attempt of this folder: a process; `stopped` if it was kept from ever starting; `claiming`
 * if the claim is just being written; `lost` if nobody can be found any more; undefined if nobody ever did.
 */
export const readClaim = (folder: string): WorkerProcess | "stopped" | "claiming" | "lost" | undefined => {
  const claim = readIfThere(join(folder, "worker"))
  if (claim === undefined) return undefined
  if (claim === "stopped\n") return "stopped"
  if (claim.endsWith("\n")) return readWorker(folder, claim.trim()) ?? "lost"
  if (isContended(folder)) return "claiming"
  // Who was at it just now may have finished meanwhile, the claim and all the rest.
  return readIfThere(join(folder, "worker")) === claim ? "lost" : readClaim(folder)
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

/** Has the command of this folder not be started if it is not yet. */
export const markAsStopped = (folder: string): void => {
  try {
    writeFileSync(join(folder, "stop"), "")
  } catch {
    // Where there is no room for it, a command that starts this very moment is left to be killed.
  }
}

/** Sends a signal to the process and all that it has started, as far as they are there and ours to signal. */
export const signalGroup = ({ pid }: WorkerProcess, signal: "SIGTERM" | "SIGKILL"): void => {
  try {
    process.kill(-pid, signal)
  } catch {
    // Nobody is there.
  }
}

/** The end of the file, cut at a line where that is possible; nothing if it cannot be read. */
const tailOf = (file: string): string => {
  try {
    const { size } = statSync(file)
    const length = Math.min(size, settings.outputTailBytes)
    const buffer = Buffer.alloc(length)
    const descriptor = openSync(file, "r")
    try {
      readSync(descriptor, buffer, 0, length, size - length)
    } finally {
      closeSync(descriptor)
    }
    return endOf(buffer, length < size)
  } catch {
    return ""
  }
}

/** The exit code by which a shell tells of a signal. */
export const killedBy = (signal: NodeJS.Signals): number => 128 + constants.signals[signal]

const outcomeOf = (folder: string, code: number): Outcome =>
  exitOutcome(code, code === 0 ? "" : tailOf(join(folder, "stderr")) || tailOf(join(folder, "stdout")))

/** How the command of this folder has ended; undefined while nothing is written of it. */
export const readExit = (folder: string): Outcome | undefined => {
  const text = readIfThere(join(folder, "exit"))
  return text?.endsWith("\n") ? outcomeOf(folder, Number(text)) : undefined
}

/** How the command of this folder has ended; with this code if it did not live to write it itself. */
export const exitOf = (folder: string, code: number): Outcome => {
  try {
    writeFileSync(join(folder, "exit"), `${code}\n`, { flag: "wx" })
  } catch {
    // It is written, or there is no room for it; the code is known here either way.
  }
  return readExit(folder) ?? outcomeOf(folder, code)
}
