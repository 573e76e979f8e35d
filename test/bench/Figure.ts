/**
 * What a benchmark has found: our figure beside that of a baseline in the same run.
 */

/** One line of the results. */
export interface Figure {
  readonly name: string
  readonly ours: string
  readonly baseline: string
  /** Ours against the baseline, or the figure itself where the target is an absolute one. */
  readonly ratio: number
  readonly target: { readonly atLeast: number } | { readonly atMost: number }
}

/** The value in the middle. */
export const median = (values: ReadonlyArray<number>): number => quantile(values, 0.5)

/** The value below which that share of the values lies. */
export const quantile = (values: ReadonlyArray<number>, share: number): number => {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}

/** Whether the figure is as good as it should be. */
export const meets = ({ ratio, target }: Figure): boolean =>
  "atLeast" in target ? ratio >= target.atLeast : ratio <= target.atMost

const headings = ["what", "ours", "baseline", "ratio", "target", ""]

const cells = (figure: Figure): ReadonlyArray<string> => {
  const { name, ours, baseline, ratio, target } = figure
  const wanted = "atLeast" in target ? `≥ ${target.atLeast}` : `≤ ${target.atMost}`
  return [name, ours, baseline, ratio.toPrecision(3), wanted, meets(figure) ? "met" : "missed"]
}

/** The results as a Markdown table. */
export const toMarkdown = (figures: ReadonlyArray<Figure>): string =>
  [headings, headings.map(() => "---"), ...figures.map(cells)]
    .map((row) => `| ${row.join(" | ")} |`)
    .join("\n")
