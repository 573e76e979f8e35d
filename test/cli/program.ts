/**
 * The real program, as a child process.
 */
import { type ChildProcess, spawn } from "node:child_process"

/** What a program has said and how it has ended. */
export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

/** A program that runs. */
export interface Running {
  readonly child: ChildProcess
  readonly ended: Promise<Ended>
  /** Waits until it has printed this on stdout or stderr; rejects if it ends before. */
  readonly says: (text: string) => Promise<void>
}

/** Starts `signalbox` with these arguments in a folder. */
export const start = (cwd: string, args: ReadonlyArray<string>, env: NodeJS.ProcessEnv = {}): Running => {
  // As it is published, made before the tests.
  const child = spawn(process.execPath, [process.env["SIGNALBOX_PROGRAM"] ?? "", ...args], {
    cwd,
    env: { ...process.env, NO_COLOR: "1", SIGNALBOX_LOG: "log.db", ...env },
    stdio: ["ignore", "pipe", "pipe"]
  })
  const out = { stdout: "", stderr: "" }
  const listeners = new Set<() => void>()
  for (const name of ["stdout", "stderr"] as const) {
    child[name]?.setEncoding("utf8").on("data", (text: string) => {
      out[name] += text
      for (const listener of listeners) listener()
    })
  }
  const ended = new Promise<Ended>((resolve) => {
    child.on("close", (code, signal) => resolve({ code, signal, ...out }))
  })
  const says = (text: string): Promise<void> =>
    new Promise((resolve, reject) => {
      const look = () => {
        if (!`${out.stdout}${out.stderr}`.includes(text)) return
        listeners.delete(look)
        resolve()
      }
      listeners.add(look)
      void ended.then((end) => reject(new Error(`it ended before it said ${text}: ${JSON.stringify(end)}`)))
      look()
    })
  return { child, ended, says }
}

/** Runs `signalbox` with these arguments in a folder, to its end. */
export const signalbox = (cwd: string, ...args: ReadonlyArray<string>): Promise<Ended> =>
  start(cwd, args).ended
