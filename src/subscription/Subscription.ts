/**
 * A standing order for the events of a log: which, from where, and what happens where a delivery fails.
 */
import * as Schema from "effect/Schema"
import { EventData, type EventType } from "../queue/Event.ts"
import { Tags } from "../run/RunSpec.ts"
import { settings } from "../settings.ts"

const pattern = /^[a-z0-9][a-z0-9_-]{0,63}$/

/** Names a subscription for good: its checkpoint is found by it. */
export const SubscriptionName = Schema.String.check(
  Schema.makeFilter((name: string) =>
    pattern.test(name)
      ? undefined
      : "a subscription's name is up to 64 lower-case letters, digits, - and _, and begins with a letter or a digit"
  )
)

const eventTypes = Object.keys(EventData) as ReadonlyArray<EventType>

/** Which events are wanted: those that meet all of it. */
export const EventFilter = Schema.Struct({
  /** Only events of these types. */
  types: Schema.optionalKey(Schema.Array(Schema.Literals(eventTypes))),
  /** Only events of this run. */
  run: Schema.optionalKey(Schema.String),
  /** Only events of runs with all of these tags. */
  tags: Schema.optionalKey(Tags)
})
export type EventFilter = typeof EventFilter.Type

const Count = Schema.Int.check(Schema.isGreaterThan(0))

/** What is done where a delivery fails: tried again so often, each time after a longer while, then parked. */
export const DeliveryRetries = Schema.Struct({
  /** How often a delivery is tried in all before its event is parked. */
  triesMax: Count,
  /** How long before the second try; doubled for each one after, and varied by a fifth. */
  delayMs: Count,
  /** The longest wait between two tries. */
  delayMaxMs: Count
})
export type DeliveryRetries = typeof DeliveryRetries.Type

/** Whether requests can go there. */
const isAddress = (url: string): boolean => {
  if (!URL.canParse(url)) return false
  const { protocol, username, password } = new URL(url)
  return /^https?:$/.test(protocol) && username === "" && password === ""
}

const WebhookUrl = Schema.String.check(
  Schema.makeFilter((url: string) =>
    isAddress(url)
      ? undefined
      : "a webhook's address is a URL as http://… or https://…, without user and password"
  )
)

/** `whsec_` and 24 to 64 bytes as Base64, as Standard Webhooks has it. */
const WebhookSecret = Schema.String.check(
  Schema.makeFilter((secret: string) => {
    const bytes = Buffer.from(secret.replace(/^whsec_/, ""), "base64")
    const isWritten = `whsec_${bytes.toString("base64")}` === secret
    return isWritten && bytes.length >= 24 && bytes.length <= 64
      ? undefined
      : "a webhook's secret is whsec_ and 24 to 64 bytes as Base64"
  })
)

/** Where events are posted to, and how. */
export const Webhook = Schema.Struct({
  url: WebhookUrl,
  /** Signs each request by each of them: a new one is added before an old one is taken away. */
  secrets: Schema.NonEmptyArray(WebhookSecret),
  /** How long an answer may take. */
  timeoutMs: Count
})
export type Webhook = typeof Webhook.Type

/** What is delivered, and how. */
export const Definition = Schema.Struct({
  filter: EventFilter,
  /** How many events are delivered at a time at most. */
  batchMax: Count.check(Schema.isLessThanOrEqualTo(settings.readPageEvents)),
  retries: DeliveryRetries,
  webhook: Schema.optionalKey(Webhook)
})
export type Definition = typeof Definition.Type

/** An event that could not be delivered, and was put aside so that those after it go on. */
export interface Parked {
  readonly position: number
  /** Why it could not, the last time. */
  readonly error: string
  /** How often it was tried. */
  readonly tries: number
  /** When it was put aside. */
  readonly at: number
  /** Whether someone has asked to deliver it again. */
  readonly due: boolean
}

/** A subscription, and how far it has come. */
export interface Subscription extends Definition {
  readonly name: string
  /** Tells it from any other, also of the same name. */
  readonly id: string
  /** All wanted events up to this position were delivered or parked. */
  readonly position: number
  /** How many events are parked. */
  readonly parked: number
  /** Why nothing is delivered any more, if so. */
  readonly stopped: string | undefined
  /** How often someone has changed it from outside; whoever delivers begins anew by that. */
  readonly revision: number
}

/** What holds where nothing is said. */
export const defaultDeliveryRetries: DeliveryRetries = {
  triesMax: settings.deliveryTriesMax,
  delayMs: settings.deliveryDelayMs,
  delayMaxMs: settings.deliveryDelayMaxMs
}
