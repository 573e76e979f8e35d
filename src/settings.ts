/**
 * Every bound and every time of the system, once: name, unit, default, reason. Nothing grows without a limit
 * that stands here.
 */
export const settings = {
  /** Commands that may wait for the coordinator. A caller beyond it is told so, instead of memory growing. */
  mailboxMax: 65_536,
  /** Commands decided in one turn, and so made durable in one transaction. Longer turns delay their replies. */
  turnCommandsMax: 1_024,
  /** The same where the disk has nothing to do: it gets some work soon, and the rest is decided meanwhile. */
  firstTurnCommandsMax: 32,
  /** Turns decided ahead of the disk: one is being made durable while the next is computed. */
  turnsAheadMax: 2,
  /** Events read from a store at a time: enough to spend little on each page, few enough to yield often. */
  readPageEvents: 1_000,
  /** How long `changes` waits for another process's write before it looks for itself. */
  followIntervalMs: 500,
  /** Sessions with a Postgres server that one log reads with: readers beyond it wait for each other. */
  postgresReadersMax: 4,
  /** How long a Postgres session may be silent before either end asks whether the other is still there. */
  postgresKeepAliveMs: 10_000,
  /** How long a writer waits for Postgres before it hangs up: longer than the largest append takes, not for ever. */
  postgresAnswerMs: 60_000,

  /** After the log has failed: how long before it is read anew; doubled each time. */
  recoveryDelayMs: 100,
  /** How often in a row that is tried before the coordinator gives up. */
  recoveriesMax: 6,

  /** Launches that go on at the same time: enough to keep no machine waiting, few enough not to flood a launcher. */
  launchesMax: 128,
  /** Dagster's `start_timeout_seconds`: a launched run that has not started by then is stopped and fails. */
  startTimeoutMs: 180_000,
  /** Dagster's `cancel_timeout_seconds`: a run that is still stopping by then ends without its worker's word. */
  cancelTimeoutMs: 180_000,
  /** Further launches of a run whose launcher could not be reached. */
  launchRetriesMax: 2,
  /** How long a run, or the code location it is of, waits before such another launch. */
  launchRetryDelayMs: 5_000,
  /** Dagster's allotment: a started run counts for the pools of its first steps for so long. */
  settleMs: 5_000,
  /** Between SIGTERM and SIGKILL: time for a process to clean up. Below the cancel timeout, so a kill is seen. */
  terminateGraceMs: 10_000,
  /** How often a process that is not our child is looked at: the kernel tells only parents about an end. */
  probeIntervalMs: 200,
  /** The end of a failed process's output that its event carries; the whole is in its files. */
  outputTailBytes: 2_048,
  /** Lines of an inline run's own log are kept up to this size; a runaway loop must not fill the disk. */
  runLogBytesMax: 10_000_000,
  /** So often in a row a worker may be looked for in vain, if that may be a hiccup, before it counts as lost. */
  missesMax: 3,
  /** Progress of one run is recorded at most this often; the newest report wins. */
  progressIntervalMs: 1_000,
  /** How long a draining coordinator waits for what runs before it says so. */
  drainTimeoutMs: 3_600_000,

  /** Runs named as holders of a limit in an explanation. */
  holdersShown: 10,
  /** Length of a schedule's name: its runs are called after it and the time. */
  scheduleNameLengthMax: 64,
  /** So late a schedule still counts as on time, where it does not make up for what it has missed. */
  scheduleGraceMs: 60_000,
  /** Runs that a schedule makes up for at once; older ones are let pass, and that is recorded. */
  scheduleCatchUpMax: 100,
  /** Runs of a bulk submission that are decided in one turn: all of them or none, after a crash. */
  submitChunkRuns: 1_000,
  /** Length of a line in a file of runs to submit: no more of it is held. */
  submitLineCharsMax: 1_000_000,
  /** How long a submission with an idempotency key is known again, where the policy does not say. */
  idempotencyWindowMs: 86_400_000,
  /** Length of an idempotency key. */
  idempotencyKeyLengthMax: 256,
  /** Length of a run's id. */
  runIdLengthMax: 128
} as const
