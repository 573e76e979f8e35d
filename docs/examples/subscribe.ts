import { open } from "signalbox"

// With `log: "runs.db"` the checkpoint is kept beside it, in runs-subscriptions.db, and the next start goes on from it.
await using box = await open({ jobs: { report: ({ input }) => input } })

const told = Promise.withResolvers<void>()
await using mail = box.subscribe({
  name: "mail",
  filter: { types: ["RunSucceeded", "RunFailed"], tags: { team: "red" } },
  // What it throws is tried again, later and later; then the event is parked, and the next one comes.
  handler: async ([event], { id }) => {
    console.log(`mail ${id.split("_").at(-1)}: ${event.run} ${event.type}`)
    told.resolve()
  }
})

await box.submit({ job: "report", input: 1, tags: { team: "blue" } })
await box.submit({ id: "sales", job: "report", input: 2, tags: { team: "red" } })
await told.promise
await mail.close()
