import { open } from "signalbox"

await using box = await open({
  policy: { maxConcurrentRuns: 4 },
  jobs: { resize: ({ input }) => `${input} done` }
})

// #region bulk
const runs = ["a.png", "b.png", "c.png"].map((input) => ({ job: "resize", input }))
const results = await box.submitAll(runs, { actor: "user:ann", idempotencyKey: "album-7" })
for (const result of results) {
  if (result._tag === "Success") console.log("submitted", result.success.spec.input)
  else console.log(result.failure.message)
}
// #endregion

// #region once
const wish = { job: "resize", input: "d.png" }
const first = await box.submit(wish, { idempotencyKey: "order-1017" })
const again = await box.submit(wish, { idempotencyKey: "order-1017" })
console.log(first.id === again.id)
// #endregion

// #region schedule
await box.ask({
  _tag: "SetSchedule",
  name: "nightly",
  schedule: {
    cron: "0 2 * * *",
    timezone: "Europe/Berlin",
    overlap: "skip",
    run: { job: "resize", input: "new" }
  }
})
// #endregion

const triggered = await box.ask({ _tag: "TriggerSchedule", name: "nightly" })
console.log((await box.ended(triggered?.id ?? "")).state)
