import fc from "fast-check"

fc.configureGlobal({ seed: Number(process.env["SIGNALBOX_SEED"]), interruptAfterTimeLimit: 120_000 })
