/**
 * What a running coordinator can be asked over HTTP.
 */

import * as HttpApi from "effect/http-api/HttpApi"
import * as HttpApiEndpoint from "effect/http-api/HttpApiEndpoint"
import * as HttpApiGroup from "effect/http-api/HttpApiGroup"
import * as Schema from "effect/Schema"
import { CoordinatorError } from "../coordinator/CoordinatorError.ts"
import {
  DrainCoordinator,
  PauseAdmission,
  ResumeAdmission,
  ScheduleCommand,
  SetAuditKey,
  SetPolicy,
  SetPoolLimit
} from "../queue/QueueCommand.ts"
import { Shutdown, ShutdownReport } from "../queue/Shutdown.ts"
import { Rejection } from "../run/Rejection.ts"
import {
  CancelRun,
  ClaimSlot,
  HoldRun,
  MoveToTop,
  ReleaseRun,
  ReleaseSlot,
  SetPriority,
  SubmitRun
} from "../run/RunCommand.ts"

/** What callers may ask; reports and the coordinator's own commands are not for them. */
const PublicCommand = Schema.Union([
  SubmitRun,
  CancelRun,
  SetPriority,
  MoveToTop,
  HoldRun,
  ReleaseRun,
  ClaimSlot,
  ReleaseSlot,
  SetPolicy,
  SetPoolLimit,
  PauseAdmission,
  ResumeAdmission,
  ...ScheduleCommand.members,
  SetAuditKey,
  DrainCoordinator
])

/** Commands to be decided in one turn, and who gives them. */
export const CommandsRequest = Schema.Struct({
  actor: Schema.NonEmptyString,
  commands: Schema.NonEmptyArray(PublicCommand)
})

/** What became of a command: where the log tells of it, and the state of its run if it was about one. */
export const CommandReply = Schema.Union([
  Schema.TaggedStruct("Accepted", {
    position: Schema.Int,
    run: Schema.optionalKey(Schema.Struct({ id: Schema.String, state: Schema.String, attempt: Schema.Int })),
    deduplicated: Schema.optionalKey(Schema.Literal(true))
  }),
  Schema.TaggedStruct("Rejected", { rejection: Rejection })
])
export type CommandReply = typeof CommandReply.Type
export type CommandsRequest = typeof CommandsRequest.Type

/** How the coordinator is to end, and who says so. */
const ShutdownRequest = Schema.Struct({ actor: Schema.NonEmptyString, ...Shutdown.fields })
export type ShutdownRequest = typeof ShutdownRequest.Type

export class Api extends HttpApi.make("signalbox").add(
  HttpApiGroup.make("commands").add(
    HttpApiEndpoint.post("ask", "/v1/commands", {
      payload: CommandsRequest,
      success: Schema.Array(CommandReply),
      error: CoordinatorError
    }),
    HttpApiEndpoint.post("shutDown", "/v1/shutdown", {
      payload: ShutdownRequest,
      success: ShutdownReport,
      error: CoordinatorError
    })
  )
) {}
