/**
 * Values as people read them in a terminal.
 */
import { styleText } from "node:util"
import stringWidth from "string-width"
import type { RunState } from "../run/lifecycle.ts"

type Style = Parameters<typeof styleText>[0]

/** Coloured where the terminal takes colours; `NO_COLOR` is heeded. */
export const paint = (style: Style, text: string): string =>
  styleText(style, text, { stream: process.stdout })

const styles: Readonly<Record<RunState, Style>> = {
  submitted: "dim",
  queued: "dim",
  launching: "cyan",
  started: "cyan",
  canceling: "yellow",
  succeeded: "green",
  failed: "red",
  canceled: "yellow"
}

export const paintState = (state: RunState): string => paint(styles[state], state)

/** `0.4s`, `12.3s`, `4m05s`, `3h07m`, `2d03h`. */
export const showLength = (ms: number): string => {
  const two = (value: number) => String(value).padStart(2, "0")
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)}s`
  const seconds = Math.round(ms / 1000)
  const minutes = Math.floor(seconds / 60)
  if (minutes < 60) return `${minutes}m${two(seconds % 60)}s`
  const hours = Math.floor(minutes / 60)
  if (hours < 24) return `${hours}h${two(minutes % 60)}m`
  return `${Math.floor(hours / 24)}d${two(hours % 24)}h`
}

/** The time between two moments; a dash where one of them is not known. */
export const showBetween = (from: number | undefined, to: number | undefined): string =>
  from === undefined || to === undefined ? "-" : showLength(to - from)

/** The last moment that calendars know. */
const momentMax = 8_640_000_000_000_000

/** A moment in UTC, to the second. */
export const showMoment = (at: number): string =>
  at > momentMax ? "the end of all calendars" : `${new Date(at).toISOString().slice(0, 19)}Z`

/** The same to the millisecond. */
export const showInstant = (at: number): string => new Date(at).toISOString()

const pad = (text: string, width: number): string => text + " ".repeat(Math.max(0, width - stringWidth(text)))

/** Columns under their headings. Cells hold no line breaks. */
export const table = (
  headings: ReadonlyArray<string>,
  rows: ReadonlyArray<ReadonlyArray<string>>
): string => {
  const flat = rows.map((row) => row.map((cell) => cell.replace(/\s*\n\s*/g, " ⏎ ")))
  const widths = headings.map((heading, at) =>
    Math.max(stringWidth(heading), ...flat.map((row) => stringWidth(row[at] ?? "")))
  )
  const line = (cells: ReadonlyArray<string>) =>
    cells
      .map((cell, at) => pad(cell, widths[at] ?? 0))
      .join("  ")
      .trimEnd()
  const top = paint("dim", line(headings))
  return [top, ...flat.map(line)].join("\n")
}

/** A text in lines of at most 80 columns, if its words allow; `first` stands before it, `rest` before its other lines. */
export const wrap = (text: string, first: string, rest: string): ReadonlyArray<string> => {
  const lines: Array<string> = []
  let line = first
  let isEmpty = true
  for (const word of text.split(" ")) {
    if (!isEmpty && stringWidth(line) + 1 + stringWidth(word) > 80) {
      lines.push(line)
      line = rest
      isEmpty = true
    }
    line += isEmpty ? word : ` ${word}`
    isEmpty = false
  }
  return [...lines, line]
}

/** `1 run`, `2 runs`. */
export const count = (amount: number, noun: string): string => `${amount} ${noun}${amount === 1 ? "" : "s"}`
