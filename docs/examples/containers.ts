import { open } from "signalbox"
import { makeDockerLauncher } from "signalbox/docker"

const docker = makeDockerLauncher("artifacts", { image: "busybox:1", network: "none", keep: "failed" })

await using box = await open({
  launchers: { docker },
  policy: { routes: [{ launcher: "docker", kind: "command" }] }
})

const run = await box.submit({ command: "echo baked", maxRuntimeMs: 60_000, limits: { memoryMb: 256 } })
// Where no engine is there, that is told, and the run is launched twice more before it fails.
console.log((await box.ended(run.id)).end)
