/**
 * What a queue has to decide, said as plainly as possible and from the description alone: lists, and loops over them.
 * It shares nothing with the queue that it judges.
 */
import { pythonInt } from "./pythonInt.ts"
import type { Answer, Config, Outcome, PoolUse, Scenario, Status, Step, TagLimit } from "./Scenario.ts"

interface Run {
  readonly id: string
  readonly tags: Readonly<Record<string, string>>
  readonly pools: PoolUse
  status: Status
  startedAt: number
}

interface Claim {
  readonly run: Run
  readonly step: string
  readonly pool: string
  isHeld: boolean
}

/** Why a tick left a queued run where it is. */
type Obstacle = "tags" | "pools" | "room"

const noPools: PoolUse = { root: {}, all: [], unconstrained_root: true }

/** A record's own value: a tag may well be called `constructor`. */
const own = <A>(record: Readonly<Record<string, A>>, key: string): A | undefined =>
  Object.hasOwn(record, key) ? record[key] : undefined

const isInProgress = ({ status }: Run): boolean => ["STARTING", "STARTED", "CANCELING"].includes(status)

const priority = ({ tags }: Run): bigint => pythonInt(own(tags, "dagster/priority") ?? "") ?? 0n

/** Highest priority first; `sort` leaves equals in the order in which they came. */
const byPriority = (a: Run, b: Run): number =>
  priority(a) > priority(b) ? -1 : Number(priority(a) < priority(b))

const form = ({ value }: TagLimit): string =>
  typeof value === "string" ? `value ${value}` : value?.applyLimitPerUniqueValue ? "each value" : "key"

const isSameRule = (a: TagLimit, b: TagLimit): boolean => a.key === b.key && form(a) === form(b)

/** Of the runs counted already, whether as many as the limit allows share with this one what it limits. */
const isFullFor = (run: Run, limit: TagLimit, counted: ReadonlyArray<Run>): boolean => {
  const value = own(run.tags, limit.key)
  if (value === undefined || (typeof limit.value === "string" && limit.value !== value)) return false
  const alike = counted.filter(({ tags }) =>
    form(limit) === "key" ? Object.hasOwn(tags, limit.key) : own(tags, limit.key) === value
  )
  return alike.length >= limit.limit
}

/**
 * A queue that takes one step after another. With `leak` it does as Dagster does: a run that passes the tag limits
 * counts for them even if its pools then hold it back. Without, only what starts uses up a limit.
 */
export class NaiveDaemon {
  /** Every run there ever was, in the order in which they came. */
  readonly runs: Array<Run> = []
  /** Slots held and waited for, in the order in which they were asked for. */
  claims: Array<Claim> = []
  /** Of the last tick: the runs it did not start, and why. */
  readonly obstacles = new Map<string, Obstacle>()
  private readonly config: Config
  private readonly leak: boolean
  private readonly limits: Record<string, number>
  private now = 0

  constructor(config: Config, { leak }: { readonly leak: boolean }) {
    this.config = config
    this.leak = leak
    this.limits = { ...config.pools?.limits }
  }

  get statuses(): Readonly<Record<string, Status>> {
    return Object.fromEntries(this.runs.map(({ id, status }) => [id, status]))
  }

  /** Takes one step, which has to make sense where things stand. */
  take(step: Step): Outcome {
    const before = this.statuses
    const said = this.apply(step)
    const changes = Object.entries(this.statuses).filter(([id, status]) => own(before, id) !== status)
    return { ...said, ...((said.launched || changes.length > 0) && { changed: Object.fromEntries(changes) }) }
  }

  private apply(step: Step): Outcome {
    if ("submit" in step) this.enter({ ...step.submit, status: "QUEUED" })
    if ("inject" in step) this.enter(step.inject)
    if ("start" in step) this.start(this.run(step.start.id))
    if ("finish" in step) this.finish(this.run(step.finish.id), step.finish.status)
    if ("cancel" in step) this.cancel(this.run(step.cancel.id))
    if ("advance" in step) this.now += step.advance
    if ("set_limit" in step) this.setLimit(step.set_limit.pool, step.set_limit.limit)
    if ("release" in step) this.release(this.run(step.release.id), step.release.step)
    if ("claim" in step) {
      return { claimed: this.claim(this.run(step.claim.id), step.claim.step, step.claim.pool) }
    }
    return "tick" in step ? { launched: this.tick().map(({ id }) => id) } : {}
  }

  private run(id: string): Run {
    const run = this.runs.find((run) => run.id === id)
    if (run === undefined) throw new Error(`there is no run ${id}`)
    return run
  }

  private enter({
    id,
    tags,
    pools = noPools,
    status
  }: Pick<Run, "id" | "tags" | "status"> & { pools?: PoolUse }): void {
    this.runs.push({ id, tags, pools, status, startedAt: this.now })
  }

  private start(run: Run): void {
    run.status = "STARTED"
    run.startedAt = this.now
  }

  private finish(run: Run, status: Status): void {
    run.status = status
    this.claims = this.claims.filter((claim) => claim.run !== run)
    this.serveLines()
  }

  private cancel(run: Run): void {
    run.status = run.status === "QUEUED" ? "CANCELED" : "CANCELING"
  }

  private tick(): ReadonlyArray<Run> {
    this.obstacles.clear()
    const { max_concurrent_runs: max = 10 } = this.config
    const inProgress = this.runs.filter(isInProgress)
    const room = max === -1 ? Number.POSITIVE_INFINITY : max - inProgress.length
    const counted = [...inProgress]
    const launched: Array<Run> = []
    for (const run of this.runs.filter(({ status }) => status === "QUEUED").sort(byPriority)) {
      const obstacle = this.obstacle(run, counted, launched, room)
      if (obstacle === undefined) launched.push(run)
      else this.obstacles.set(run.id, obstacle)
      if (obstacle === undefined || (obstacle === "pools" && this.leak)) counted.push(run)
    }
    for (const run of launched) run.status = "STARTING"
    return launched
  }

  private obstacle(
    run: Run,
    counted: ReadonlyArray<Run>,
    launched: ReadonlyArray<Run>,
    room: number
  ): Obstacle | undefined {
    if (launched.length >= room) return "room"
    const limits = this.config.tag_concurrency_limits ?? []
    const inForce = limits.filter(
      (limit, at) => !limits.slice(at + 1).some((later) => isSameRule(limit, later))
    )
    if (inForce.some((limit) => isFullFor(run, limit, counted))) return "tags"
    return this.isBlockedByPools(run, launched) ? "pools" : undefined
  }

  private get isByRun(): boolean {
    return this.config.pools?.granularity === "run"
  }

  private isBlockedByPools({ pools }: Run, launched: ReadonlyArray<Run>): boolean {
    if (!this.config.block_op_concurrency_limited_runs?.enabled) return false
    if (this.isByRun) return pools.all.some((pool) => this.isFull(pool, launched))
    return !pools.unconstrained_root && Object.keys(pools.root).every((pool) => this.isFull(pool, launched))
  }

  private isFull(pool: string, launched: ReadonlyArray<Run>): boolean {
    const limit = own(this.limits, pool)
    if (limit === undefined) return false
    const { op_concurrency_slot_buffer: buffer = 0 } = this.config.block_op_concurrency_limited_runs ?? {}
    const holders = [...this.runs.filter((run) => this.countsForPools(run)), ...launched]
    const counted = this.isByRun
      ? holders.filter(({ pools }) => pools.all.includes(pool)).length
      : holders.reduce((sum, { pools }) => sum + (own(pools.root, pool) ?? 0), this.line(pool).length)
    return limit + buffer - counted <= 0
  }

  private countsForPools(run: Run): boolean {
    if (this.isByRun) return isInProgress(run)
    const { started_run_allotment_seconds: allotment = 5 } = this.config
    return run.status === "STARTING" || (run.status === "STARTED" && this.now - run.startedAt < allotment)
  }

  private line(pool: string): ReadonlyArray<Claim> {
    return this.claims.filter((claim) => claim.pool === pool)
  }

  /** In run granularity the queue has seen to the limit, so a step has its slot for the asking. */
  private claim(run: Run, step: string, pool: string): boolean {
    if (this.isByRun) return true
    const isSame = (claim: Claim): boolean => claim.run === run && claim.step === step && claim.pool === pool
    if (!this.claims.some(isSame)) this.claims.push({ run, step, pool, isHeld: false })
    this.serveLines()
    return this.claims.some((claim) => isSame(claim) && claim.isHeld)
  }

  private release(run: Run, step: string): void {
    this.claims = this.claims.filter((claim) => claim.run !== run || claim.step !== step)
    this.serveLines()
  }

  private setLimit(pool: string, limit: number): void {
    this.limits[pool] = limit
    this.serveLines()
  }

  /** Gives what is free to those who wait, by priority; a limit that sank takes nothing away. */
  private serveLines(): void {
    for (const claim of [...this.claims].sort((a, b) => byPriority(a.run, b.run))) {
      const held = this.line(claim.pool).filter(({ isHeld }) => isHeld).length
      if (held < (own(this.limits, claim.pool) ?? Number.POSITIVE_INFINITY)) claim.isHeld = true
    }
  }
}

/** Plays a scenario from its first step to its last. */
export const playNaively = ({ config, steps }: Scenario, options: { readonly leak: boolean }): Answer => {
  const daemon = new NaiveDaemon(config, options)
  return { expected: steps.map((step) => daemon.take(step)), final: daemon.statuses }
}
