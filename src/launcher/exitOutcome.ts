/**
 * How the end of a process is told, wherever it ran: by its code, the signal that the code stands for, and the end of
 * what it printed.
 */
import { constants } from "node:os"
import type { Outcome } from "../run/Outcome.ts"

const signals = new Map(Object.entries(constants.signals).map(([name, number]) => [number, name]))

/** The end of what a process has printed, cut at a line where that is possible. */
export const endOf = (bytes: Uint8Array, isCut: boolean): string => {
  const text = Buffer.from(bytes).toString("utf8")
  return (isCut ? text.slice(text.indexOf("\n") + 1) : text).trimEnd()
}

/** The outcome of a process with this exit code, where 128 and more stand for signals as shells have it. */
export const exitOutcome = (code: number, tail: string, reason?: string): Outcome => {
  if (code === 0) return { _tag: "Succeeded" }
  const signal = code > 128 ? signals.get(code - 128) : undefined
  return {
    _tag: "Exited",
    code,
    ...(signal !== undefined && { signal }),
    ...(reason !== undefined && { reason }),
    ...(tail !== "" && { tail })
  }
}
