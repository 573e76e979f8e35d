import { setTimeout as pause } from "node:timers/promises"
import { open } from "signalbox"

// A log in memory; `log: "runs.db"` keeps it in an SQLite file.
await using box = await open({
  policy: { maxConcurrentRuns: 4, tagLimits: [{ key: "team", each: true, limit: 1 }] },
  jobs: {
    report: async ({ input, signal, progress }) => {
      progress(0.5, "half way")
      await pause(50, undefined, { signal })
      return { about: input }
    }
  }
})

await box.submit({ id: "sales", job: "report", input: "sales", tags: { team: "red" } }, { actor: "user:ann" })
await box.submit({ id: "stock", job: "report", input: "stock", tags: { team: "red" }, priority: 5 })

console.log((await box.why("stock"))?.reasons)
console.log((await box.ended("stock")).end)
for await (const { position, type, actor } of box.events({ run: "sales" })) console.log(position, type, actor)
