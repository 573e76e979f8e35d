/**
 * Every bound and every time of the system, once: name, unit, default, reason. Nothing grows without a limit
 * that stands here.
 */
export const settings = {
  /** Commands that may wait for the coordinator. A caller beyond it is told so, instead of memory growing. */
  mailboxMax: 65_536,
  /** Commands decided in one turn, and so made durable in one transaction. Longer turns delay their replies. */
  turnCommandsMax: 1_024,
  /** Where the disk has nothing to do, half of those that wait, but so many at least: it gets some work soon. */
  firstTurnCommandsMin: 32,
  /** Turns decided ahead of the disk: one is being made durable while the next is computed. */
  turnsAheadMax: 2,
  /** Events of an append to SQLite that the coordinator makes without the writer's thread, to save the way there and back. */
  directEventsMax: 16,
  /** It does so while such an append takes at most so long: beyond it the jobs of the program would feel the disk. */
  directCommitMs: 1,
  /** In a row; then the thread appends, and brings the write-ahead log into the file where that is due. */
  directAppendsMax: 500,
  /** Events read from a store at a time: enough to spend little on each page, few enough to yield often. */
  readPageEvents: 1_000,
  /** Events after which a running coordinator keeps what they make: reading so many anew takes a fraction of a second. */
  snapshotEvents: 100_000,
  /** The same for one that stops: fewer are read as fast as a snapshot is. */
  lastSnapshotEvents: 10_000,
  /** Characters of a line that is imported, some 256 million: an event has no bound of its own, JavaScript's strings do. */
  importLineMax: 2 ** 28,
  /** Events at the end of a log whose hashes are checked before it is written: a few milliseconds at each start. */
  endCheckedEvents: 1_000,
  /** Pages copied at a time by a backup: few enough to tell how far it is. */
  backupPages: 1_000,
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
  /** How often a launcher looks for an attempt whose end nobody tells it. */
  watchIntervalMs: 5_000,
  /** How long such a look may take, before it counts as one that has shown nothing. */
  lookTimeoutMs: 10_000,
  /** How long all that a container has printed may take to fetch, before its end is told without it. */
  containerOutputMs: 60_000,
  /** How long one watch of a cluster lasts, before it is asked for anew. */
  clusterWatchMs: 60_000,
  /** How long a launcher waits before it asks a container engine or a cluster again that did not do what it was asked for. */
  engineRetryMs: 1_000,
  /** A worker elsewhere that was not heard of for so long, and at most a quarter more, is lost. */
  workerLeaseMs: 30_000,
  /** Attempts that a worker gets with one question. */
  workerTakesMax: 100,
  /** Bytes of a request of a worker; a result or some lines of a log fit in, a flood does not. */
  workerRequestBytesMax: 1_000_000,
  /** Characters of a message, a stack or the like that a report may have; more are cut off. */
  reportTextMax: 16_384,
  /** Characters of a run's result as JSON: what is larger belongs into a store of its own. */
  resultLengthMax: 262_144,
  /** Lines of a run's own log are kept up to this size; a runaway loop must not fill the disk. */
  runLogBytesMax: 10_000_000,
  /** So often in a row a worker may be looked for in vain, if that may be a hiccup, before it counts as lost. */
  missesMax: 3,
  /** Progress of one run is recorded at most this often; the newest report wins. */
  progressIntervalMs: 1_000,
  /** How long a draining coordinator waits for what runs before it says so. */
  drainTimeoutMs: 3_600_000,
  /** The same for one that cancels what runs: more than a process has to clean up. */
  immediateTimeoutMs: 30_000,
  /** Runs named in the event of a coordinator that lets go of them; all are counted. */
  leftShown: 100,

  /** How often an event is delivered to a subscription in vain before it is parked: for half an hour, with the waits below. */
  deliveryTriesMax: 12,
  /** How long a failed delivery waits before it is tried again; doubled each time. */
  deliveryDelayMs: 1_000,
  /** The longest such wait, whatever the receiver asks for. */
  deliveryDelayMaxMs: 3_600_000,
  /** How long a webhook's answer may take: Standard Webhooks recommends 15 to 30 s. */
  webhookTimeoutMs: 20_000,
  /** How much of a webhook's answer is read: enough for its error. */
  webhookAnswerBytesMax: 1_024,
  /** How much of why a delivery has failed is kept. */
  deliveryErrorMax: 2_048,
  /** Runs of which a subscription that asks for tags remembers whether they have them. */
  taggedRunsMax: 10_000,

  /** Times that one rule may have a run tried again. */
  retriesMax: 1_000,
  /** The longest wait before that: a month. */
  retryDelayMaxMs: 2_678_400_000,
  /** Coordinators that may end abruptly with a run's work in their process, before the run is held instead of tried again. */
  crashesMax: 3,

  /** Runs named as holders of a limit in an explanation. */
  holdersShown: 10,
  /** Runs at the front of the line named in an explanation. */
  frontShown: 5,
  /** Runs ahead that are taken along to try what would start a run: about two milliseconds for each trial. */
  aheadTriedMax: 300,
  /** Changes that are tried together to start a run. */
  changesTriedMax: 8,
  /** Runs ahead of one whose start is estimated; beyond it there is no estimate, rather than one that takes a second. */
  aheadEstimatedMax: 500,
  /** Admissions that an estimate may play through in all its rounds: some hundred milliseconds. */
  estimatedAdmissionsMax: 3_000,
  /** Rounds of an estimate: with fewer its ends are guesses, with more they stay where they are. */
  estimateRoundsMin: 20,
  estimateRoundsMax: 100,
  /** Finished runs of a job that an estimate draws from, the last ones. */
  durationsKept: 100,
  /** Runs and limits named in the preview of a policy; all are counted. */
  previewShown: 20,
  /** Lines, and runs whose time has not come, that are looked at to count who is ahead at a limit: one or two milliseconds. */
  aheadCountedMax: 4_000,
  /** More urgent runs that an admission names of those it passed over; all are counted. Each adds some 60 bytes to the log, and about a microsecond. */
  passedOverShown: 2,
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
