import { describe, expect, it } from "@effect/vitest"
import { containerOf, imageOf } from "../../../src/launcher/containerOf.ts"
import { DockerEngine } from "../../../src/launcher/DockerEngine.ts"
import { makeDockerLauncher } from "../../../src/launcher/DockerLauncher.ts"
import type { RunSpec } from "../../../src/run/RunSpec.ts"
import { assignmentOf } from "../assignment.ts"

const of = (spec: Partial<RunSpec>) => assignmentOf({ id: "r", ...spec } as RunSpec)

describe("the container of a run", () => {
  it("runs a line by a shell, a program with its arguments as it is, and a mere job by the image's own command", () => {
    const commands = (["echo hi", ["echo", "hi"]] as const).map(
      (command) => containerOf(of({ command }), "i:1", {}).Cmd
    )
    expect(commands).toEqual([
      ["/bin/sh", "-c", "echo hi"],
      ["echo", "hi"]
    ])
    expect(containerOf(of({ job: "bake" }), "i:1", {})).not.toHaveProperty("Cmd")
  })

  it("is held to the limits of its run, swapping included", () => {
    const limits = { cpuSeconds: 60, memoryMb: 512, openFiles: 100 }
    expect(containerOf(of({ job: "bake", limits }), "i:1", {}).HostConfig).toMatchObject({
      Memory: 512 * 2 ** 20,
      MemorySwap: 512 * 2 ** 20,
      Ulimits: [
        { Name: "cpu", Soft: 60, Hard: 60 },
        { Name: "nofile", Soft: 100, Hard: 100 }
      ]
    })
    expect(containerOf(of({ job: "bake" }), "i:1", {}).HostConfig).toEqual({
      RestartPolicy: { Name: "no" },
      AutoRemove: false
    })
  })

  it("does not begin in a folder of the coordinator's machine", () => {
    const container = containerOf(of({ job: "bake", cwd: "/home/ada" }), "i:1", {})
    expect(JSON.stringify(container)).not.toContain("/home/ada")
  })

  it("is what the options say beyond, but is never restarted, never removes itself, and bears its labels", () => {
    const container = containerOf(of({ job: "bake" }), "i:1", {
      box: "b",
      network: "none",
      config: { User: "baker", Tty: true, Image: "other", Labels: { team: "bread", "signalbox.run": "x" } },
      hostConfig: { NanoCpus: 5, RestartPolicy: { Name: "always" }, AutoRemove: true }
    })
    expect(container).toMatchObject({ User: "baker", Tty: false, Image: "i:1" })
    expect(container.Labels).toEqual({
      team: "bread",
      "signalbox.run": "r",
      "signalbox.attempt": "1",
      "signalbox.box": "b"
    })
    expect(container.HostConfig).toEqual({
      NanoCpus: 5,
      NetworkMode: "none",
      RestartPolicy: { Name: "no" },
      AutoRemove: false
    })
  })

  it("is of the image that the run's tag names, else of the launcher's, and of its latest where none is said", () => {
    const tags = { "signalbox/docker-image": "registry:5000/bread" }
    expect(imageOf(of({ job: "bake", tags }), { image: "usual:2" })).toBe("registry:5000/bread:latest")
    expect(imageOf(of({ job: "bake" }), { image: "usual:2" })).toBe("usual:2")
    expect(imageOf(of({ job: "bake" }), { image: "usual@sha256:00" })).toBe("usual@sha256:00")
    expect(imageOf(of({ job: "bake" }), {})).toBeUndefined()
  })
})

describe("an engine's address", () => {
  for (const host of ["ssh://elsewhere", "/var/run/docker.sock", "unix://", "tcp://a b", "2375"])
    it(`cannot be ${host}`, () => {
      expect(() => makeDockerLauncher("artifacts", { host })).toThrow(
        `a container engine at ${host}: allowed are unix://PATH, tcp://HOST:PORT, http and https`
      )
    })

  for (const host of ["unix:///run/docker.sock", "tcp://engine:2375", "http://[::1]:1", "https://engine"])
    it(`can be ${host}`, () => {
      expect(new DockerEngine({ host })).toBeDefined()
    })
})
