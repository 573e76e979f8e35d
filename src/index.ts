/** The public names of Signalbox. */
export { runMachine } from "../machines/runMachine.ts"
export { Coordinator, type CoordinatorOptions } from "./coordinator/Coordinator.ts"
export { CommandRejected, CoordinatorError } from "./coordinator/CoordinatorError.ts"
export type { OnSubmit, Refusal, Request, Verdict } from "./coordinator/OnSubmit.ts"
export { layer, type NewRun, type OpenOptions, open, Signalbox } from "./coordinator/open.ts"
export { ReplayError, replay } from "./history/replay.ts"
export type { Job, JobContext, Jobs } from "./launcher/InlineLauncher.ts"
export { makeInlineLauncher } from "./launcher/InlineLauncher.ts"
export { type Assignment, Launcher, type Report, type Tell } from "./launcher/Launcher.ts"
export { makeProcessLauncher } from "./launcher/ProcessLauncher.ts"
export { type Checkpoint, openCheckpoint, signedCheckpoint } from "./log/Checkpoint.ts"
export { type Entry, EventLog, type Head, type Lead, type Range } from "./log/EventLog.ts"
export { LogError, LogErrorReason } from "./log/LogError.ts"
export * as MemoryEventLog from "./log/MemoryEventLog.ts"
export { leafHash, MerkleFrontier } from "./log/MerkleTree.ts"
export { isProven, Proof, proveConsistency, proveInclusion } from "./log/Proof.ts"
export * as SqliteEventLog from "./log/SqliteEventLog.ts"
export { makeNoteKey, type NoteKey, readVerifierKey, verifierKey } from "./log/signedNote.ts"
export { type Checked, verifyEntries } from "./log/verifyEntries.ts"
export { Event, type EventType } from "./queue/Event.ts"
export { type Explanation, explain, type Reason } from "./queue/explain.ts"
export type { Orders, RunOrder, Standing } from "./queue/order.ts"
export {
  defaultPolicy,
  defaultPools,
  defaultRetries,
  FairShare,
  Policy,
  Pools,
  RateLimit,
  TagLimit
} from "./queue/Policy.ts"
export { Command } from "./queue/QueueCommand.ts"
export { contents, RunQueue } from "./queue/RunQueue.ts"
export { Scope } from "./queue/Scope.ts"
export { type Selection, select } from "./queue/select.ts"
export { type Accepted, type Asked, type Turn, turn } from "./queue/turn.ts"
export { type PolicyIssue, validatePolicy } from "./queue/validatePolicy.ts"
export type { RunState } from "./run/lifecycle.ts"
export { describeCause, FailureCause, Outcome, StopCause } from "./run/Outcome.ts"
export { Rejection, sentence } from "./run/Rejection.ts"
export type { Claim, Run, RunEnd } from "./run/Run.ts"
export { PoolUse, RunId, RunSpec, Tags, Unique } from "./run/RunSpec.ts"
export { againSpec } from "./run/retry.ts"
