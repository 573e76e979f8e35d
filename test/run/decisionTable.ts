/**
 * The reference page of a run's life, written by the code that decides: the chart, its states, and what a run in
 * each state answers to each command.
 */
import * as Result from "effect/Result"
import { mermaid } from "../../machines/mermaid.ts"
import { runMachine } from "../../machines/runMachine.ts"
import { deadline, overdue } from "../../src/run/deadline.ts"
import { decide } from "../../src/run/decide.ts"
import { intent } from "../../src/run/intent.ts"
import { type RunState, runStates } from "../../src/run/lifecycle.ts"
import type { Outcome } from "../../src/run/Outcome.ts"
import type { RunCommand } from "../../src/run/RunCommand.ts"
import {
  admitted,
  asked,
  claimed,
  fact,
  type Life,
  lifeTo,
  queued,
  requeued,
  resumed,
  retries,
  spec,
  started,
  startTimeout,
  stopping,
  timeouts
} from "./facts.ts"
import { runOf } from "./given.ts"

/** A run as it can be when a command comes. */
interface Situation {
  readonly title: string
  readonly state: RunState | undefined
  /** Whether runs stand in line; they do if left out. */
  readonly queued?: boolean
  /** How it came to be so, the last of that many attempts. */
  readonly life: (attempt: number) => Life
}

/** The attempts before it did not reach the launcher. */
const launched = (attempt: number): Life => [
  submittedWithin,
  queued,
  ...Array.from({ length: attempt - 1 }, (_, index) => [admitted(index + 1), requeued(index + 1)]).flat(),
  admitted(attempt)
]

/** Its worker runs, and has a slot of a pool. */
const working = (attempt: number): Life => [
  ...launched(attempt),
  started(attempt),
  claimed("b", true, attempt)
]

const submittedWithin = fact("RunSubmitted", { spec, timeouts: { ...timeouts, queueMs: 3_600_000 }, retries })
const reserved = { pools: { db: 1 }, forMs: 5_000 }

/** Every state, more than once where what went before makes a difference. */
export const situations: ReadonlyArray<Situation> = [
  { title: "never submitted", state: undefined, life: () => [] },
  { title: "never submitted, in immediate mode", state: undefined, queued: false, life: () => [] },
  { title: "submitted", state: "submitted", life: () => [submittedWithin] },
  { title: "queued", state: "queued", life: () => [submittedWithin, queued] },
  {
    title: "queued for another attempt",
    state: "queued",
    life: (attempt) => [...launched(attempt), requeued(attempt)]
  },
  { title: "launching", state: "launching", life: launched },
  { title: "started", state: "started", life: working },
  {
    title: "started, on slots that are reserved",
    state: "started",
    life: (attempt) => [
      ...launched(attempt).slice(0, -1),
      fact("RunAdmitted", { attempt, policy: 0, slots: [], reserved }),
      started(attempt),
      claimed("b", true, attempt)
    ]
  },
  {
    title: "started again, since a worker was lost",
    state: "started",
    life: (attempt) => [
      ...launched(attempt - 1),
      started(attempt - 1),
      resumed(attempt),
      started(attempt),
      claimed("b", true, attempt)
    ]
  },
  {
    title: "canceling, since someone asked",
    state: "canceling",
    life: (attempt) => [...working(attempt), stopping(asked, attempt)]
  },
  {
    title: "canceling, since a time limit has passed",
    state: "canceling",
    life: (attempt) => [...working(attempt), stopping(startTimeout, attempt)]
  },
  { title: "succeeded", state: "succeeded", life: () => lifeTo.succeeded },
  { title: "failed", state: "failed", life: () => lifeTo.failed },
  { title: "canceled", state: "canceled", life: () => lifeTo.canceled }
]

const outcomes: Readonly<Record<Outcome["_tag"], Outcome>> = {
  Succeeded: { _tag: "Succeeded" },
  Exited: { _tag: "Exited", code: 1 },
  Threw: { _tag: "Threw", message: "" },
  WorkerLost: { _tag: "WorkerLost", message: "" },
  Terminated: { _tag: "Terminated", message: "" },
  LaunchRefused: { _tag: "LaunchRefused", message: "" },
  LaunchUnreachable: { _tag: "LaunchUnreachable", message: "" }
}

const run = "r"

const commands: Readonly<Record<RunCommand["_tag"], (attempt: number, outcome: Outcome) => RunCommand>> = {
  SubmitRun: () => ({ _tag: "SubmitRun", spec }),
  CancelRun: () => ({ _tag: "CancelRun", run }),
  SetPriority: () => ({ _tag: "SetPriority", run, priority: 1 }),
  MoveToTop: () => ({ _tag: "MoveToTop", run }),
  HoldRun: () => ({ _tag: "HoldRun", run }),
  ReleaseRun: () => ({ _tag: "ReleaseRun", run }),
  ClaimSlot: (attempt) => ({ _tag: "ClaimSlot", run, attempt, step: "a", pool: "db" }),
  ReleaseSlot: (attempt) => ({ _tag: "ReleaseSlot", run, attempt, step: "b" }),
  ReportStarted: (attempt) => ({ _tag: "ReportStarted", run, attempt }),
  ReportProgress: (attempt) => ({ _tag: "ReportProgress", run, attempt }),
  ReportHealth: (attempt) => ({ _tag: "ReportHealth", run, attempt, healthy: false, transient: true }),
  ReportEnded: (attempt, outcome) => ({ _tag: "ReportEnded", run, attempt, outcome })
}

/** What is asked or told, and for an end, how; of a run at that attempt. */
interface Row {
  readonly asked: RunCommand["_tag"]
  readonly outcome?: Outcome
  readonly at: number
}

const at = 2
const lastLaunch = retries.launches + 1
const ends: ReadonlyArray<Row> = [
  ...Object.values(outcomes).map((outcome): Row => ({ asked: "ReportEnded", outcome, at })),
  { asked: "ReportEnded", outcome: outcomes.LaunchUnreachable, at: lastLaunch }
]
const rows = (Object.keys(commands) as Array<RunCommand["_tag"]>).flatMap((asked) =>
  asked === "ReportEnded" ? ends : [{ asked, at }]
)
const reports = rows.filter(({ asked }) => asked.startsWith("Report"))
const ofAttempt = ({ asked }: Row): boolean => "attempt" in commands[asked](at, outcomes.Succeeded)
const asks = rows.filter((row) => !reports.includes(row))

const commandOf = ({ asked, outcome = outcomes.Succeeded }: Row, attempt: number): RunCommand =>
  commands[asked](attempt, outcome)

const wayOf = ({ outcome, at }: Row): string =>
  `${outcome?._tag ?? ""}${at === lastLaunch ? " at the last attempt" : ""}`

const led = (life: Life, facts: Life): string =>
  `${facts.map(({ type }) => `\`${type}\``).join(" ")} → ${runOf([...life, ...facts])?.state}`

const answer = (life: Life, command: RunCommand, queued: boolean): string =>
  Result.match(decide(runOf(life), command, { now: 0, queued, timeouts, retries, grants: true }), {
    onSuccess: (facts) => (facts.length === 0 ? "accepted, nothing new" : led(life, facts)),
    onFailure: ({ _tag }) => `refused: \`${_tag}\``
  })

const whenDue = (life: Life): string => {
  const now = runOf(life)
  const fact = now && overdue(now, deadline(now) ?? 0)
  return fact ? led(life, [fact]) : "nothing"
}

const table = (
  head: ReadonlyArray<string>,
  rows: ReadonlyArray<ReadonlyArray<string>>
): ReadonlyArray<string> => [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`)

/** Names rows that have the same answers: each command once, with the ways in which it can come. */
const label = (rows: ReadonlyArray<Row>): string => {
  if (rows.length === reports.length) return "any report"
  const byCommand = Map.groupBy(rows, ({ asked }) => asked)
  const names = Array.from(byCommand, ([asked, ways]) => `\`${asked}\` ${ways.map(wayOf).join(", ")}`.trim())
  return names.join(", ")
}

const answers = ({ life, queued = true }: Situation): ReadonlyArray<string> => {
  const told = (row: Row) =>
    [row.at, row.at - 1, row.at + 1].map((attempt) => answer(life(row.at), commandOf(row, attempt), queued))
  const alike = Map.groupBy(reports, (row) => told(row).join(" | "))
  return table(
    ["asked or told", "what follows", "told of an older attempt", "told of a newer attempt"],
    [
      ...asks.map((row) => [label([row]), ...(ofAttempt(row) ? told(row) : [told(row)[0] ?? "", "", ""])]),
      ...Array.from(alike, ([cells, rows]) => [label(rows), cells]),
      ["its time is up", whenDue(life(at)), "", ""]
    ]
  )
}

/** Situations that answer alike stand together. */
const sections = (): ReadonlyArray<string> => {
  const byAnswers = Map.groupBy(situations, (situation) => answers(situation).join("\n"))
  return Array.from(
    byAnswers,
    ([text, alike]) => `### ${alike.map(({ title }) => title).join(" · ")}\n\n${text}\n`
  )
}

const states = (): ReadonlyArray<string> =>
  table(
    ["state", "tag", "the world should", "meaning"],
    runStates.map((state) => {
      const { tags = [], description = "" } = runMachine.states[state] ?? {}
      return [`\`${state}\``, tags.join(" "), intent(state), description]
    })
  )

/** The text of the page. */
export const lifecyclePage = (): string =>
  [
    "# The life of a run",
    "",
    "Which facts are possible in which state, and what a run in each state answers to each command. Written from",
    "`machines/runMachine.ts`, `src/run/decide.ts` and `src/run/deadline.ts` by `npx vitest run test/run -u`, and",
    "compared with them by a test.",
    "",
    "## The chart",
    "",
    "`RunSubmitted` creates the run. After that, an arrow is a fact; where there is none, it cannot happen.",
    "",
    "```mermaid",
    mermaid(runMachine),
    "```",
    "",
    "## The states",
    "",
    "`waiting` runs are not yet admitted, those with `holdsSlot` count against the limits, `finished` ones are final.",
    "",
    ...states(),
    "",
    "## The decisions",
    "",
    "The facts that follow and the state they lead to, or the reason of the refusal, which leaves no event. A report",
    `speaks of one attempt; a run hears only of its current one. Where a launcher cannot be reached, launch ${lastLaunch} is the last;`,
    "a lost worker is followed by one more attempt.",
    "",
    ...sections()
  ].join("\n")
