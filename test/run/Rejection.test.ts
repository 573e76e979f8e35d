import { describe, expect, it } from "vitest"
import { type Rejection, sentence } from "../../src/run/Rejection.ts"

const of = { command: "CancelRun", run: "r-42" }

describe("a refusal says what was asked, of which run, in what state, and what would be allowed", () => {
  it.each<[Rejection, string]>([
    [
      { _tag: "RunExists", command: "SubmitRun", run: "r-42", state: "started" },
      "SubmitRun refused: run r-42 exists and is started; an id is used once."
    ],
    [{ _tag: "RunUnknown", ...of }, "CancelRun refused: run r-42 was never submitted here."],
    [
      { _tag: "StateRefuses", ...of, state: "succeeded", allowed: [] },
      "CancelRun refused: run r-42 is succeeded; a finished run takes no more commands."
    ],
    [
      { _tag: "StateRefuses", ...of, command: "ReportStarted", state: "queued", allowed: ["CancelRun"] },
      "ReportStarted refused: run r-42 is queued; it would take CancelRun."
    ],
    [
      {
        _tag: "StateRefuses",
        ...of,
        command: "HoldRun",
        state: "started",
        allowed: ["CancelRun", "ReportEnded"]
      },
      "HoldRun refused: run r-42 is started; it would take CancelRun or ReportEnded."
    ],
    [
      { _tag: "StaleAttempt", ...of, command: "ReportEnded", attempt: 1, current: 2 },
      "ReportEnded refused: run r-42 is at attempt 2; this speaks of attempt 1."
    ],
    [
      { _tag: "SubmitRefused", ...of, command: "SubmitRun", reason: "team red is on holiday" },
      "SubmitRun refused: team red is on holiday."
    ],
    [
      { _tag: "QueueFull", ...of, command: "SubmitRun", waiting: 7, max: 5 },
      "SubmitRun refused: 7 runs wait, and the policy allows 5."
    ],
    [
      { _tag: "KeyTaken", ...of, command: "SubmitRun", key: "nightly", by: "r-41" },
      "SubmitRun refused: run r-41 of key nightly is active."
    ],
    [
      { _tag: "OrderUnknown", command: "SetPolicy", order: "byMood", known: ["newest", "byJob"] },
      "SetPolicy refused: order byMood is not one of this coordinator's: newest or byJob."
    ],
    [
      { _tag: "OrderUnknown", command: "SetPolicy", order: "byMood", known: [] },
      "SetPolicy refused: order byMood is not one of this coordinator's: nothing."
    ],
    [
      {
        _tag: "PolicyInvalid",
        command: "SetPolicy",
        issues: [
          { path: "fairShare", issue: "has no say" },
          { path: "inOrderBy.1", issue: "stands there twice" }
        ]
      },
      "SetPolicy refused: fairShare: has no say; inOrderBy.1: stands there twice."
    ],
    [
      {
        _tag: "CommandInvalid",
        ...of,
        command: "SubmitRun",
        issue: "at priority: 1.5 is not a whole number"
      },
      "SubmitRun refused: at priority: 1.5 is not a whole number."
    ],
    [
      { _tag: "KeyReused", ...of, command: "SubmitRun", key: "k", first: "r-41", differs: ["input", "tags"] },
      "SubmitRun refused: idempotency key k belongs to run r-41, which differs in input, tags."
    ],
    [
      { _tag: "ScheduleUnknown", command: "PauseSchedule", schedule: "nightly" },
      "PauseSchedule refused: there is no schedule nightly."
    ],
    [
      { _tag: "ScheduleInvalid", command: "SetSchedule", schedule: "nightly", issue: "cron: is wrong" },
      "SetSchedule refused: cron: is wrong."
    ]
  ])("%j", (rejection, text) => {
    expect(sentence(rejection)).toBe(text)
  })
})
