/**
 * What workers elsewhere ask: for attempts to do, and to tell of them. Each question is a POST of one JSON document, so
 * that a worker takes a page of any language.
 */
import * as HttpApi from "effect/http-api/HttpApi"
import * as HttpApiEndpoint from "effect/http-api/HttpApiEndpoint"
import * as HttpApiGroup from "effect/http-api/HttpApiGroup"
import * as HttpApiMiddleware from "effect/http-api/HttpApiMiddleware"
import * as HttpApiSchema from "effect/http-api/HttpApiSchema"
import * as HttpApiSecurity from "effect/http-api/HttpApiSecurity"
import * as Schema from "effect/Schema"
import { Outcome } from "../run/Outcome.ts"
import { RunId, RunSpec } from "../run/RunSpec.ts"
import { settings } from "../settings.ts"

const Attempt = Schema.Int.check(Schema.isGreaterThan(0))
const Wait = Schema.Finite.check(Schema.isGreaterThanOrEqualTo(0))

/** Names a worker for as long as it lives, and none other before or after it. */
const WorkerName = Schema.String.check(
  Schema.isPattern(/^[A-Za-z0-9._:@/-]{1,128}$/, {
    message: "a worker's name consists of 1 to 128 letters, digits and - _ . : @ /"
  })
)

const claim = { worker: WorkerName, run: RunId, attempt: Attempt }

/** Asks for attempts to do; answered when there are some, at the latest after `waitMs`. */
const PollRequest = Schema.Struct({
  worker: WorkerName,
  /** The queues that it takes attempts of. Default: `default`. */
  queues: Schema.optionalKey(Schema.NonEmptyArray(Schema.NonEmptyString)),
  /** So many at most. Default: 1. */
  capacity: Schema.optionalKey(
    Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: settings.workerTakesMax }))
  ),
  waitMs: Schema.optionalKey(Wait)
})

/** Attempts that it may start. */
const PollAnswer = Schema.Struct({
  attempts: Schema.Array(Schema.Struct({ run: RunId, attempt: Attempt, spec: RunSpec })),
  leaseMs: Schema.Finite
})

/** Says that it starts an attempt. It may begin when this is answered, and only then. */
const StartRequest = Schema.Struct(claim)
/** It may begin, and has to be heard of in each `leaseMs`. */
const StartAnswer = Schema.Struct({ leaseMs: Schema.Finite })

/** Says that it still works on an attempt. With `waitMs` answered at the latest then, or when it is to stop. */
const HeartbeatRequest = Schema.Struct({
  ...claim,
  progress: Schema.optionalKey(
    Schema.Struct({
      fraction: Schema.optionalKey(Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 1 }))),
      message: Schema.optionalKey(Schema.String)
    })
  ),
  /** Lines for the run's own log. */
  lines: Schema.optionalKey(Schema.Array(Schema.String)),
  waitMs: Schema.optionalKey(Wait)
})
/** Whether it is to stop. */
const HeartbeatAnswer = Schema.Struct({ stop: Schema.Boolean })

/** Tells how an attempt has ended. It is recorded when this is answered. */
const EndRequest = Schema.Struct({ ...claim, outcome: Outcome })

/** The attempt is not this worker's, or not any more: what is true instead. Work on it is to end. */
export class NotYours extends Schema.TaggedError<NotYours>()(
  "NotYours",
  {
    message: Schema.String,
    run: Schema.String,
    attempt: Schema.Int,
    /** The run as it is, if there is one. */
    state: Schema.optionalKey(Schema.String),
    current: Schema.optionalKey(Schema.Int)
  },
  { httpApiStatus: 409 }
) {}

/** Nothing can be recorded now; the same question may be asked again. */
export class TryAgain extends Schema.TaggedError<TryAgain>()(
  "TryAgain",
  { message: Schema.String },
  { httpApiStatus: 503 }
) {}

/** The bearer token is missing or another. */
export class Unauthorized extends Schema.TaggedError<Unauthorized>()(
  "Unauthorized",
  { message: Schema.String },
  { httpApiStatus: 401 }
) {}

/** Lets those in who have the token. */
export class Bearer extends HttpApiMiddleware.Service<Bearer>()("signalbox/http/Bearer", {
  security: { bearer: HttpApiSecurity.bearer },
  error: Unauthorized
}) {}

const errors = [NotYours, TryAgain] as const

export class WorkerApi extends HttpApi.make("signalbox-workers")
  .add(
    HttpApiGroup.make("workers")
      .add(HttpApiEndpoint.post("poll", "/v1/workers/poll", { payload: PollRequest, success: PollAnswer }))
      .add(
        HttpApiEndpoint.post("start", "/v1/workers/start", {
          payload: StartRequest,
          success: StartAnswer,
          error: errors
        })
      )
      .add(
        HttpApiEndpoint.post("heartbeat", "/v1/workers/heartbeat", {
          payload: HeartbeatRequest,
          success: HeartbeatAnswer,
          error: errors
        })
      )
      .add(
        HttpApiEndpoint.post("end", "/v1/workers/end", {
          payload: EndRequest,
          success: HttpApiSchema.NoContent,
          error: errors
        })
      )
  )
  .middleware(Bearer)
  .middleware(HttpApiMiddleware.ProblemDetails) {}
