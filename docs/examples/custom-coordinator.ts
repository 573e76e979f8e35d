import { open } from "signalbox"

// What Dagster's custom coordinators do by overriding submit_run: look at who asks, add tags, refuse.
await using box = await open({
  policy: { order: "shortest first", tagLimits: [{ key: "user", each: true, limit: 1 }] },
  jobs: { report: ({ tags }) => `for ${tags["user"]}` },
  onSubmit: (run, { actor, headers }) => {
    if (run.priority !== undefined && run.priority > 5)
      return { refuse: "priorities above 5 are for operators" }
    return { ...run, tags: { ...run.tags, user: headers["x-user"] ?? actor } }
  },
  orders: {
    "shortest first": (a, b) => Number(a.spec.tags?.["minutes"] ?? 0) - Number(b.spec.tags?.["minutes"] ?? 0)
  }
})

const run = await box.submit({ job: "report" }, { actor: "service:web", headers: { "x-user": "ann" } })
console.log((await box.ended(run.id)).end)

const refused = await box.submit({ job: "report", priority: 9 }).catch((error) => error)
console.log(refused.message)
