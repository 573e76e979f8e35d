/**
 * Tables of Markdown.
 */

const cell = (text: string): string => text.replaceAll("|", "\\|").replaceAll("\n", " ")

/** Rows under their headings. */
export const table = (headings: ReadonlyArray<string>, rows: ReadonlyArray<ReadonlyArray<string>>): string =>
  [headings, headings.map(() => "---"), ...rows].map((row) => `| ${row.map(cell).join(" | ")} |`).join("\n")
