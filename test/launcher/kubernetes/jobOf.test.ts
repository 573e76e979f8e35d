import { describe, expect, it } from "@effect/vitest"
import { configOf, type JobOptions, jobOf, podImageOf } from "../../../src/launcher/jobOf.ts"
import type { RunSpec } from "../../../src/run/RunSpec.ts"
import { assignmentOf } from "../assignment.ts"

const of = (spec: Partial<RunSpec>) => assignmentOf({ id: "r", ...spec } as RunSpec)

const tagged = (config: unknown) =>
  of({ job: "bake", tags: { "dagster-k8s/config": JSON.stringify(config) } })

/** The job of a run. */
const made = (assignment = of({ job: "bake" }), options: JobOptions = {}) => {
  const config = configOf(assignment.spec)
  if (typeof config === "string") throw new Error(config)
  return jobOf(assignment, { token: "sb-r-1", image: "i:1", config }, options)
}

describe("the job of a run", () => {
  it("has one pod, which is started once", () => {
    expect(made().spec).toMatchObject({ backoffLimit: 0, completions: 1, parallelism: 1, suspend: false })
    expect(made().spec.template.spec.restartPolicy).toBe("Never")
  })

  it("runs a line by a shell, and a program with its arguments as it is", () => {
    const args = (["echo hi", ["echo", "hi"]] as const).map(
      (command) => made(of({ command })).spec.template.spec.containers[0]
    )
    expect(args).toMatchObject([{ args: ["/bin/sh", "-c", "echo hi"] }, { args: ["echo", "hi"] }])
  })

  it("asks for the memory that its run may have, and may have no more", () => {
    const options = { resources: { requests: { cpu: "1" } } }
    const { containers } = made(of({ job: "bake", limits: { memoryMb: 512 } }), options).spec.template.spec
    expect(containers[0]).toMatchObject({
      resources: { requests: { cpu: "1", memory: "512Mi" }, limits: { memory: "512Mi" } }
    })
  })

  it("names its run in a label where one can, and always in an annotation", () => {
    const { metadata } = made(assignmentOf({ id: "a:b@c", job: "bake" }))
    expect(metadata.labels).not.toHaveProperty("signalbox/run")
    expect(metadata.annotations).toMatchObject({ "signalbox/run": "a:b@c" })
    expect(made().metadata.labels).toMatchObject({ "signalbox/run": "r", "signalbox/token": "sb-r-1" })
  })

  it("is of the image that a tag names, Dagster's included, else of the launcher's", () => {
    const tags = (name: string) => of({ job: "bake", tags: { [name]: "bread:2" } })
    expect(podImageOf(tags("signalbox/k8s-image"), { image: "usual" })).toBe("bread:2")
    expect(podImageOf(tags("dagster/image"), { image: "usual" })).toBe("bread:2")
    expect(podImageOf(of({ job: "bake" }), { image: "usual" })).toBe("usual")
  })
})

describe("the tag dagster-k8s/config", () => {
  it("says what a run has of its own, and goes before the launcher's", () => {
    const assignment = tagged({
      container_config: { resources: { limits: { cpu: "2" } }, env: [{ name: "SALT", value: "some" }] },
      pod_spec_config: { node_selector: { oven: "hot" } },
      pod_template_spec_metadata: { labels: { team: "bread" } },
      job_metadata: { annotations: { why: "bread" } },
      job_spec_config: { ttl_seconds_after_finished: 7 }
    })
    const job = made(assignment, {
      resources: { limits: { cpu: "1" } },
      podSpec: { nodeSelector: { oven: "cold" } }
    })
    expect(job.metadata.annotations).toMatchObject({ why: "bread" })
    expect(job.spec.ttlSecondsAfterFinished).toBe(7)
    expect(job.spec.template.metadata.labels).toMatchObject({ team: "bread", "signalbox/token": "sb-r-1" })
    expect(job.spec.template.spec).toMatchObject({
      nodeSelector: { oven: "hot" },
      containers: [{ resources: { limits: { cpu: "2" } } }]
    })
    expect(job.spec.template.spec.containers[0]?.env).toEqual([
      { name: "SALT", value: "some" },
      { name: "SIGNALBOX_RUN", value: "r" },
      { name: "SIGNALBOX_ATTEMPT", value: "1" },
      { name: "SIGNALBOX_JOB", value: "bake" }
    ])
  })

  it("cannot say what would have an attempt started twice, nor what nobody would take", () => {
    const wrongs = {
      "pod_spec_config says no restart_policy here": { pod_spec_config: { restart_policy: "OnFailure" } },
      "pod_spec_config says no containers here": { pod_spec_config: { containers: [] } },
      job_spec_config: { job_spec_config: { backoff_limit: 3 } },
      merge_behavior: { merge_behavior: "SHALLOW" }
    }
    for (const [said, config] of Object.entries(wrongs)) {
      const found = configOf(tagged(config).spec)
      expect(found).toMatch(/^the tag dagster-k8s\/config: /)
      expect(found).toContain(said)
    }
    expect(configOf(of({ job: "bake", tags: { "dagster-k8s/config": "{" } }).spec)).toMatch(/^the tag/)
  })
})
