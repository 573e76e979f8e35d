/**
 * Blocks of `console` are sessions: lines after `$ ` are commands, with more of them after `> `; what follows is
 * what they print, where `…` stands for anything, and a line of `…` for any lines. The blocks of a page are one
 * session of one shell. A command that fails is followed by `$ echo $?`, so that readers see that it does.
 */
import { spawn } from "node:child_process"
import { once } from "node:events"
import type { Fence, Page } from "./Page.ts"

export interface Command {
  readonly line: number
  readonly text: string
  readonly output: ReadonlyArray<string>
}

const isSession = ({ language, marks }: Fence): boolean => language === "console" && !marks.includes("ignore")

/** The commands of a page, in order. */
export const commandsOf = ({ fences }: Page): ReadonlyArray<Command> => {
  const commands: Array<{ line: number; text: string; output: Array<string> }> = []
  for (const fence of fences.filter(isSession)) {
    const here = commands.length
    for (const [index, line] of fence.lines.entries()) {
      const last = commands[here] && commands.at(-1)
      if (line.startsWith("$ ")) {
        commands.push({ line: fence.line + index + 1, text: line.slice(2), output: [] })
      } else if (last?.output.length === 0 && /^>( |$)/.test(line)) last.text += `\n${line.slice(2)}`
      else if (last) last.output.push(line.trimEnd())
      else throw new Error(`line ${fence.line + 1}: a session begins with "$ "`)
    }
  }
  return commands
}

const literally = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")

/** Whether a command has printed what the page says. */
export const hasPrinted = (output: ReadonlyArray<string>, printed: string): boolean => {
  const shown = output.slice(0, output.findLastIndex(Boolean) + 1)
  const lines = shown.map((line) =>
    line.trim() === "…" ? "(?:.*\n)*?" : `${line.split("…").map(literally).join(".*?")}\n`
  )
  const said = printed.split("\n").map((line) => line.trimEnd())
  return new RegExp(`^${lines.join("")}\n*$`).test(`${said.join("\n")}\n`)
}

/** How long a page may take. */
const sessionMs = 120_000

/** Ends what a command has printed; its number and its exit code follow. */
const mark = "\x1e"

const scriptOf = (commands: ReadonlyArray<Command>): string =>
  commands
    .map(({ text }) => `{ ${text}\n} 2>&1\nstatus=$?; printf '${mark}%d\\n' $status; (exit $status)`)
    .join("\n")

interface Printed {
  readonly text: string
  readonly exitCode: number
}

/** What each command prints, in a shell of its own; what it leaves running ends with it. */
const run = async (
  commands: ReadonlyArray<Command>,
  cwd: string,
  env: Readonly<Record<string, string>>
): Promise<ReadonlyArray<Printed>> => {
  const shell = spawn("bash", ["-c", scriptOf(commands)], {
    cwd,
    env,
    detached: true,
    timeout: sessionMs,
    stdio: ["ignore", "pipe", "inherit"]
  })
  let printed = ""
  shell.stdout.setEncoding("utf8").on("data", (text) => {
    printed += text
  })
  await once(shell, "exit")
  if (shell.pid !== undefined) endGroup(shell.pid)
  if (!shell.stdout.closed) await once(shell.stdout, "close")
  return Array.from(printed.matchAll(new RegExp(`([^${mark}]*)${mark}(\\d+)\\n`, "g")), ([, text, code]) => ({
    text: text ?? "",
    exitCode: Number(code)
  }))
}

const endGroup = (leader: number): void => {
  try {
    process.kill(-leader, "SIGKILL")
  } catch {
    // Nothing was left running.
  }
}

/** What commands do other than the page says, when they are typed one after the other. */
export const wrongOutput = async (
  page: Page,
  cwd: string,
  env: Readonly<Record<string, string>>
): Promise<ReadonlyArray<string>> => {
  const commands = commandsOf(page)
  const printed = await run(commands, cwd, env)
  return commands.flatMap(({ line, text, output }, index) => {
    const place = `${page.path}:${line} $ ${text}`
    const said = printed[index]
    if (!said) return [`${place}\nwas not reached`]
    if (!hasPrinted(output, said.text)) return [`${place}\nprinted:\n${said.text}`]
    const isShown = commands[index + 1]?.text === "echo $?"
    return said.exitCode === 0 || isShown ? [] : [`${place}\nfailed with code ${said.exitCode}`]
  })
}
