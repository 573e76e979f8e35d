/** The public names of Signalbox. */
export { runMachine } from "../machines/runMachine.ts"
export { Coordinator, type CoordinatorOptions } from "./coordinator/Coordinator.ts"
export { CommandRejected, CoordinatorError } from "./coordinator/CoordinatorError.ts"
export type { NewRun } from "./coordinator/NewRun.ts"
export type { OnSubmit, Refusal, Request, Verdict } from "./coordinator/OnSubmit.ts"
export { layer, type OpenOptions, open } from "./coordinator/open.ts"
export { Signalbox, type Subscribed } from "./coordinator/Signalbox.ts"
export { Change } from "./history/Change.ts"
export { type Estimate, estimate } from "./history/estimate.ts"
export { type LimitChange, type Preview, previewPolicy } from "./history/previewPolicy.ts"
export { ReplayError, replay } from "./history/replay.ts"
export { type Unexplained, type Verified, verifyDecisions } from "./history/verifyDecisions.ts"
export { type Remedy, whatStarts } from "./history/whatStarts.ts"
export { type Admission, type Why, why } from "./history/why.ts"
export type { Job, JobContext, Jobs } from "./launcher/InlineLauncher.ts"
export { makeInlineLauncher } from "./launcher/InlineLauncher.ts"
export type { ThreadOptions } from "./launcher/inThread.ts"
export { inThread } from "./launcher/inThread.ts"
export { type Assignment, Launcher, type Report, type Tell } from "./launcher/Launcher.ts"
export { makeProcessLauncher } from "./launcher/ProcessLauncher.ts"
export { RunLog } from "./launcher/RunLog.ts"
export type { Launchers } from "./launcher/route.ts"
export { tokenOf } from "./launcher/tokenOf.ts"
export { type Sight, type WatchOptions, watch } from "./launcher/watch.ts"
export { type Checkpoint, openCheckpoint, signedCheckpoint } from "./log/audit/Checkpoint.ts"
export {
  type AuditKey,
  followKeys,
  type KeyTerm,
  openAuditCheckpoint,
  signedSuccession,
  type Witnessing
} from "./log/audit/followKeys.ts"
export { leafHash, MerkleFrontier } from "./log/audit/MerkleTree.ts"
export { isProven, Proof, proveConsistency, proveInclusion } from "./log/audit/Proof.ts"
export { cosigned, makeNoteKey, type NoteKey, readVerifierKey, verifierKey } from "./log/audit/signedNote.ts"
export { type Entry, EventLog, type Head, type Lead, type Range } from "./log/EventLog.ts"
export { type ExportFormat, exportEntries } from "./log/exportEntries.ts"
export { ImportError } from "./log/ImportError.ts"
export { importEntries } from "./log/importEntries.ts"
export { LogError, LogErrorReason } from "./log/LogError.ts"
export * as MemoryEventLog from "./log/MemoryEventLog.ts"
export { type Backup, backup } from "./log/sqlite/backup.ts"
export { restoreSqlite } from "./log/sqlite/restoreSqlite.ts"
export * as SqliteEventLog from "./log/sqlite/SqliteEventLog.ts"
export { type Checked, verifyEntries } from "./log/verifyEntries.ts"
export { diffPolicy, PolicyChange } from "./queue/diffPolicy.ts"
export { Event, type EventType } from "./queue/Event.ts"
export { type Explanation, explain } from "./queue/explain.ts"
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
export { Reason, type ReasonCode } from "./queue/Reason.ts"
export { contents, RunQueue } from "./queue/RunQueue.ts"
export { Schedule, ScheduleName } from "./queue/Schedule.ts"
export type { KnownSchedule } from "./queue/Schedules.ts"
export { Scope } from "./queue/Scope.ts"
export { Shutdown, ShutdownMode, ShutdownReport } from "./queue/Shutdown.ts"
export { type Selection, select } from "./queue/select.ts"
export { type Accepted, type Asked, type Turn, turn } from "./queue/turn.ts"
export { type PolicyIssue, validatePolicy } from "./queue/validatePolicy.ts"
export type { RunState } from "./run/lifecycle.ts"
export { describeCause, FailureCause, Outcome, StopCause } from "./run/Outcome.ts"
export { Rejection, sentence } from "./run/Rejection.ts"
export { RetryRule } from "./run/RetryRule.ts"
export type { Claim, Run, RunEnd } from "./run/Run.ts"
export { PoolUse, ProcessLimits, RunId, RunSpec, Tags, Unique } from "./run/RunSpec.ts"
export { againSpec } from "./run/retry.ts"
export { type DeliverOptions, deliver } from "./subscription/deliver.ts"
export { type Batch, type Delivery, DeliveryError, type Handler } from "./subscription/Handler.ts"
export { makeWebhook } from "./subscription/makeWebhook.ts"
export * as SqliteSubscriptionStore from "./subscription/SqliteSubscriptionStore.ts"
export {
  type Definition,
  DeliveryRetries,
  EventFilter,
  type Parked,
  type Subscription,
  Webhook
} from "./subscription/Subscription.ts"
export { SubscriptionError, SubscriptionErrorReason } from "./subscription/SubscriptionError.ts"
export { type Lease, SubscriptionStore } from "./subscription/SubscriptionStore.ts"
export { type SubscribeOptions, subscribe } from "./subscription/subscribe.ts"
