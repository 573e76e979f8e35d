/**
 * The jobs and pods of a cluster, their versions, and what its controllers do with them: a job gets one pod, a pod does
 * its work, a job that is suspended loses its pod.
 */
// biome-ignore lint/suspicious/noExplicitAny: what a cluster holds is of any form.
type Anything = any

/** A job or a pod. */
export interface Thing {
  readonly kind: "Job" | "Pod"
  readonly metadata: {
    readonly name: string
    readonly resourceVersion: string
    readonly labels?: Readonly<Record<string, string>>
  }
  readonly spec: Anything
  readonly status: Anything
}

type Type = "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK"
type Kind = "jobs" | "pods"

interface Change {
  readonly version: number
  readonly kind: Kind
  readonly type: Type
  readonly object: Thing
}

const merged = (into: Anything, patch: Anything): Anything => {
  if (typeof patch !== "object" || patch === null || Array.isArray(patch)) return patch
  const keys = Object.entries(patch).map(([key, value]) => [key, merged(into?.[key], value)])
  return { ...into, ...Object.fromEntries(keys) }
}

export class Things {
  version = 1
  /** Versions before it are forgotten. */
  oldest = 1
  readonly jobs = new Map<string, Thing>()
  readonly pods = new Map<string, Thing>()
  readonly logs = new Map<string, string>()
  /** Whether pods are started. */
  isAdmitting = true
  /** What keeps a pod from starting, as its status says it. */
  obstacle: Anything
  readonly started: Array<string> = []
  private readonly changes: Array<Change> = []
  private readonly watchers = new Set<(change: Change) => void>()
  private readonly finished = new Set<string>()

  private put(kind: Kind, type: Type, thing: Thing): Thing {
    this.version++
    const object = { ...thing, metadata: { ...thing.metadata, resourceVersion: String(this.version) } }
    if (type === "DELETED") this[kind].delete(object.metadata.name)
    else this[kind].set(object.metadata.name, object)
    const change = { version: this.version, kind, type, object }
    this.changes.push(change)
    for (const tell of [...this.watchers]) tell(change)
    return object
  }

  /** Shows all changes of a kind after a version. */
  watch(kind: Kind, from: number, show: (type: Type, object: Thing) => void): () => void {
    const tell = (change: Change) => {
      if (change.kind === kind) show(change.type, change.object)
    }
    for (const change of this.changes) if (change.version > from) tell(change)
    this.watchers.add(tell)
    return () => this.watchers.delete(tell)
  }

  /** Tells all watches of the version, though nothing has changed. */
  bookmark(): void {
    this.version++
    for (const kind of ["jobs", "pods"] as const) {
      const metadata = { name: "", resourceVersion: String(this.version) }
      const object = { kind: "Job", metadata, spec: {}, status: {} } as const
      for (const tell of [...this.watchers]) tell({ version: this.version, kind, type: "BOOKMARK", object })
    }
  }

  /** Forgets all that was before. */
  compact(): void {
    this.oldest = ++this.version
    this.changes.length = 0
  }

  createJob(job: Anything): Thing {
    const made = this.put("jobs", "ADDED", { ...job, status: {} })
    setImmediate(() => this.reconcile(made.metadata.name))
    return made
  }

  patchJob(name: string, patch: Anything): Thing {
    const patched = this.put("jobs", "MODIFIED", merged(this.jobs.get(name), patch))
    setImmediate(() => this.reconcile(name))
    return patched
  }

  removeJob(name: string): void {
    const job = this.jobs.get(name)
    if (job) this.put("jobs", "DELETED", job)
    for (const pod of this.podsOf(name)) this.put("pods", "DELETED", pod)
  }

  private podsOf(job: string): ReadonlyArray<Thing> {
    return [...this.pods.values()].filter(({ metadata }) => metadata.name.startsWith(`${job}-pod`))
  }

  private setStatus(kind: Kind, name: string, status: Anything): void {
    const thing = this[kind].get(name)
    if (thing) this.put(kind, "MODIFIED", { ...thing, status: { ...thing.status, ...status } })
  }

  /** What the controller of jobs does. */
  private reconcile(name: string): void {
    const job = this.jobs.get(name)
    if (!job || job.status.conditions?.length > 0) return
    const pods = this.podsOf(name)
    if (job.spec.suspend) {
      for (const pod of pods) {
        this.end(pod.metadata.name, 143)
        const left = this.pods.get(pod.metadata.name)
        if (left) this.put("pods", "DELETED", left)
      }
      this.setStatus("jobs", name, { conditions: [{ type: "Suspended", status: "True" }] })
    }
    if (job.spec.suspend || pods.length > 0) return
    const metadata = { ...job.spec.template.metadata, name: `${name}-pod`, resourceVersion: "" }
    const status = { phase: "Pending", ...this.obstacle }
    this.put("pods", "ADDED", { kind: "Pod", metadata, spec: job.spec.template.spec, status })
    if (this.isAdmitting) this.startPod(`${name}-pod`)
  }

  /** Starts all pods that wait. */
  admit(): void {
    this.isAdmitting = true
    this.obstacle = undefined
    for (const [name, { status }] of this.pods) if (status.phase === "Pending") this.startPod(name)
  }

  private startPod(name: string): void {
    const pod = this.pods.get(name)
    const [{ args, env }] = pod?.spec.containers ?? [{}]
    if (!pod) return
    const run = env.find((one: Anything) => one.name === "SIGNALBOX_RUN").value
    this.started.push(run)
    this.setStatus("pods", name, {
      phase: "Running",
      conditions: [{ type: "PodScheduled", status: "True" }],
      containerStatuses: [{ name: "run", state: { running: { startedAt: "2026-01-01T00:00:00Z" } } }]
    })
    if (args[0] === "fail") this.logs.set(name, "one\nno flour\n")
    if (args[0] !== "wait" || this.finished.has(run))
      setImmediate(() => this.end(name, args[0] === "fail" ? 3 : 0))
  }

  /** The work of a run's pods may end. */
  finish(run: string): void {
    this.finished.add(run)
    for (const [name, pod] of this.pods)
      if (pod.spec.containers[0].env.some((one: Anything) => one.value === run)) this.end(name, 0)
  }

  /** Ends a pod's work, and with it the job. */
  end(name: string, exitCode: number, more: Anything = {}): void {
    const pod = this.pods.get(name)
    if (pod?.status.phase !== "Running") return
    const { reason = exitCode === 0 ? "Completed" : "Error", ...status } = more
    const terminated = { exitCode, reason }
    const phase = exitCode === 0 ? "Succeeded" : "Failed"
    this.setStatus("pods", name, {
      phase,
      containerStatuses: [{ name: "run", state: { terminated } }],
      ...status
    })
    const type = exitCode === 0 ? "Complete" : "Failed"
    const job = name.replace(/-pod$/, "")
    if (!this.jobs.get(job)?.spec.suspend)
      this.setStatus("jobs", job, { conditions: [{ type, status: "True" }] })
  }

  /** The node of a pod puts it out, with or without an end of its container. */
  fail(name: string, status: Anything): void {
    this.setStatus("pods", name, { phase: "Failed", containerStatuses: [], ...status })
    this.setStatus("jobs", name.replace(/-pod$/, ""), {
      conditions: [{ type: "Failed", status: "True", reason: "BackoffLimitExceeded" }]
    })
  }
}
