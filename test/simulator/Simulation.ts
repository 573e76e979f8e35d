/**
 * A whole installation in one process: coordinators as they are in production, each in a process of its own, over one
 * disk, one clock and one world of workers. What happens next is up to the history; after each step the promises are
 * looked at.
 */
import * as Exit from "effect/Exit"
import type { Command } from "../../src/queue/QueueCommand.ts"
import type { Accepted } from "../../src/queue/turn.ts"
import { isFinished } from "../../src/run/lifecycle.ts"
import { commandOf, type Situation } from "../simulation/History.ts"
import { Audit } from "./Audit.ts"
import { checkMember } from "./checkMember.ts"
import { Disk } from "./Disk.ts"
import { Host } from "./Host.ts"
import { Member } from "./Member.ts"
import { endingOf, keyOf, mark, Outside } from "./Outside.ts"
import type { Deed, Step } from "./Step.ts"
import { Time } from "./Time.ts"

/** Commands that someone may send again. */
const commandsKept = 50

type Of<K extends Deed["do"]> = Extract<Deed, { readonly do: K }>

/** A report that comes from somewhere else than a launcher bears the mark of its attempt, too. */
const marked = (command: Command): Command => {
  if (command._tag === "ReportEnded") return { ...command, outcome: endingOf(command, command.outcome._tag) }
  return command._tag === "ReportStarted" ? { ...command, worker: mark(command) } : command
}

export class Simulation {
  readonly audit = new Audit()
  readonly time = new Time()
  readonly disk = new Disk((events, epoch, given) => this.audit.written(events, epoch, given))
  readonly outside = new Outside((asked) => {
    this.audit.asked(asked)
    const member = this.members.find(({ host }) => host === asked.host)
    const { leader } = this.disk
    const key = `${leader?.host === asked.host ? leader.epoch : 0} ${keyOf(asked.assignment)}`
    if (asked.what === "launch") member?.launched.add(key)
    if (asked.what === "stop") member?.stopped.add(key)
  })
  /** Coordinators that are not gone, the newest first. */
  members: Array<Member> = []
  private readonly commands: Array<Command> = []
  private readonly messages: Array<Command> = []
  private hosts = 0
  private asks = 0

  private get situation(): Situation {
    const workers = new Map(Array.from(this.outside.working.values(), (work) => [work.run, work]))
    const { launches, queue } = this.audit
    return { now: this.time.now, queue, workers, launches, commands: this.commands }
  }

  start(takeOver = false, admits = true): Member {
    const host = new Host(++this.hosts, this.time)
    const member: Member = new Member(host, this.disk, this.outside.launcherFor(host), takeOver, admits)
    this.members.unshift(member)
    return member
  }

  /** The process is gone at this very moment. */
  crash(member: Member, written = false): void {
    member.host.kill()
    this.disk.crash(member.host, written)
    this.outside.crash(member.host)
  }

  /** Has everything happen that can happen without time passing. */
  readonly settle = (): void => {
    try {
      for (let busy = true; busy; ) {
        busy = false
        for (const { host } of this.members) {
          busy ||= !host.isIdle
          host.run()
        }
      }
    } catch (error) {
      this.audit.fail("rest", error instanceof Error ? (error.stack ?? error.message) : String(error))
    }
    this.bury()
  }

  private bury(): void {
    for (const member of this.members) {
      if (member.isAlive) continue
      this.outside.crash(member.host)
      const { defect } = member
      if (defect) this.audit.fail("defect", defect)
      if (member.exit && member.waiting.size > 0)
        this.audit.fail("answer", `it ended, and ${member.waiting.size} hear nothing`)
    }
    this.members = this.members.filter(({ isAlive }) => isAlive)
  }

  private deliver(command: Command, to: number): void {
    const member = this.memberAt(to)
    member?.ask(
      (coordinator) => coordinator.ask(command),
      (exit) => this.heard(command, exit)
    )
  }

  private heard(command: Command, exit: Exit.Exit<Accepted, unknown>): void {
    this.audit.count(Exit.isSuccess(exit) ? "accepted" : "not accepted")
    if (Exit.isSuccess(exit)) this.audit.accepted(command, exit.value)
  }

  private doAsk({ ask, manners, times, kept }: Of<"ask">, to: number): void {
    const made = commandOf(this.situation, ask, `r${++this.asks}`)
    if (!made) return
    const command = marked(
      made._tag === "SubmitRun" ? { ...made, spec: { ...made.spec, input: manners as never } } : made
    )
    this.commands.push(command)
    if (this.commands.length > commandsKept) this.commands.shift()
    for (let time = 0; time < times; time++) {
      if (kept) this.messages.push(command)
      else this.deliver(command, to)
    }
  }

  private hasEnded(run: string): boolean {
    const state = this.audit.queue.runs.get(run)?.state
    return state !== undefined && isFinished(state)
  }

  private doWait(pick: number, to: number): void {
    const runs = [...this.audit.queue.runs.values()]
    const run = runs[runs.length - 1 - (pick % Math.max(1, runs.length))]
    if (!run) return
    this.memberAt(to)?.ask(
      (coordinator) => coordinator.ended(run.id),
      (exit) => {
        if (Exit.isSuccess(exit)) this.audit.ended(exit.value)
      },
      () => this.hasEnded(run.id)
    )
  }

  private doClaim({ pick, pool }: Of<"claim">, to: number): void {
    const works = [...this.outside.working.values()]
    const work = works[pick % works.length]
    if (!work) return
    const attempt = { run: work.run, attempt: work.attempt }
    const step = `step${++this.asks}`
    // By what the log says of it, for the run may have ended since.
    const has = () =>
      this.audit.log.some(
        ({ type, data }) =>
          (type === "SlotGranted" && data.step === step) ||
          (type === "SlotClaimed" && data.step === step && data.granted)
      )
    this.memberAt(to)?.ask(
      (coordinator) => coordinator.claim({ ...attempt, step, pool }),
      (exit) => {
        if (Exit.isSuccess(exit) && !has()) this.audit.fail("durable", "a claim is granted ahead of the log")
      },
      () => has() || this.hasEnded(attempt.run) || this.audit.queue.run(attempt.run).attempt > attempt.attempt
    )
  }

  private doQuery(to: number): void {
    this.memberAt(to)?.ask(
      (coordinator) => coordinator.query(({ position }) => position),
      (exit) => {
        if (Exit.isSuccess(exit) && exit.value > this.audit.queue.position)
          this.audit.fail("durable", `a question is answered at position ${exit.value}, which is not durable`)
      }
    )
  }

  private doWork({ pick, happening, old }: Of<"work">): void {
    const { works, working } = this.outside
    const among = [...(old ? works : working).values()]
    const work = among[pick % among.length]
    if (work) this.outside.happen(work, happening)
  }

  private memberAt(pick: number): Member | undefined {
    return this.members[pick % this.members.length]
  }

  private readonly doers: { readonly [K in Deed["do"]]: (deed: Of<K>, to: number) => unknown } = {
    ask: (deed, to) => this.doAsk(deed, to),
    arrive: ({ pick }, to) => {
      const [message] = this.messages.splice(pick % Math.max(1, this.messages.length), 1)
      if (message) this.deliver(message, to)
    },
    query: (_, to) => this.doQuery(to),
    wait: ({ pick }, to) => this.doWait(pick, to),
    claim: (deed, to) => this.doClaim(deed, to),
    work: (deed) => this.doWork(deed),
    pass: ({ ms }) => this.time.pass(ms, this.settle),
    jump: ({ ms }) => this.time.jump(ms),
    stand: ({ ms }) => this.time.stand(ms, this.settle),
    slow: ({ isSlow }) => {
      this.disk.isSlow = isSlow
    },
    commit: ({ fate }) => this.disk.commit(fate),
    fate: ({ fate, times }) => this.disk.fates.push(...Array.from({ length: times }, () => fate)),
    late: () => this.disk.arrive(),
    failing: ({ what }) => this.disk.failing.add(what),
    crash: ({ pick, written }) => {
      const member = this.memberAt(pick)
      if (member) this.crash(member, written)
    },
    start: ({ takeOver, admits }) => this.start(takeOver, admits),
    stop: ({ pick }) =>
      this.memberAt(pick)?.ask(
        ({ stop }) => stop,
        () => {}
      )
  }

  private do(step: Step): void {
    const doer = this.doers[step.do] as (deed: Deed, to: number) => unknown
    doer(step, step.to)
  }

  /** One step, and all that follows from it, or as much as it says; then a look at the promises. */
  take(step: Step): void {
    if (this.members.length === 0) {
      this.start()
      this.settle()
    }
    this.audit.count(`do ${step.do}`)
    this.do(step)
    if (step.tasks === undefined) this.settle()
    else {
      this.members[step.to % Math.max(1, this.members.length)]?.host.run(step.tasks)
      this.bury()
    }
    this.check()
  }

  /** Looks at the coordinator that leads. */
  check(isThorough = false): void {
    const { leader } = this.disk
    const member = this.members.find(({ host }) => host === leader?.host)
    if (!leader || !member?.isLeading) return
    if (member.liveEpoch !== leader.epoch) this.capture(member, leader.epoch)
    // Meanwhile another one may have taken over.
    if (this.disk.leader !== leader) return
    if (member.host.isIdle && this.disk.waiting.length === 0) checkMember(this, member, isThorough)
  }

  private capture(member: Member, epoch: number): void {
    member.liveEpoch = epoch
    member.live = undefined
    member.ask(
      (coordinator) => coordinator.query((queue) => queue),
      (exit) => {
        if (Exit.isSuccess(exit)) member.live = exit.value
      }
    )
    this.audit.count("terms")
    this.settle()
  }

  /** All messages arrive. */
  deliverAll(): void {
    for (const message of this.messages.splice(0)) this.deliver(message, 0)
  }
}
