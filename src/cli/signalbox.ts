/**
 * The commands, in the groups in which help lists them.
 */
import * as Command from "effect/cli/Command"
import { audit } from "./auditCommands.ts"
import { cancel, rerun } from "./bulkCommands.ts"
import { config } from "./configCommands.ts"
import { list, queue, show } from "./listCommands.ts"
import { chart, log, replayCommand } from "./logCommands.ts"
import { policy } from "./policyCommands.ts"
import { pool } from "./poolCommands.ts"
import { hold, pause, priority, release, resume, top } from "./queueCommands.ts"
import { root } from "./root.ts"
import { run } from "./runCommand.ts"
import { schedule } from "./scheduleCommands.ts"
import { shutdown } from "./shutdownCommand.ts"
import { submit } from "./submitCommand.ts"
import { subscription } from "./subscriptionCommands.ts"
import { why } from "./whyCommand.ts"

export const signalbox = root.pipe(
  Command.withSubcommands([
    { group: "WORK", commands: [run, submit, schedule, cancel, rerun] },
    { group: "LOOK", commands: [list, show, queue, why] },
    {
      group: "CHANGE THE QUEUE",
      commands: [priority, top, hold, release, pause, resume, pool, policy, config, shutdown]
    },
    { group: "READ THE LOG", commands: [log, subscription, replayCommand, audit, chart] }
  ])
)
