/**
 * How a subscription is named on a command line, and shown.
 */
import * as Argument from "effect/cli/Argument"
import { type Subscription, SubscriptionName } from "../subscription/Subscription.ts"

/** The subscription that a command is about. */
export const nameArgument = Argument.String("name").pipe(
  Argument.withMetavar("NAME"),
  Argument.withDescription("The subscription"),
  Argument.withSchema(SubscriptionName)
)

/** A subscription as it may be shown: without what its webhook is signed by. */
export const showSubscription = ({ webhook, revision: _, ...subscription }: Subscription) => ({
  ...subscription,
  stopped: subscription.stopped ?? null,
  webhook: webhook ? { url: webhook.url, timeoutMs: webhook.timeoutMs } : null
})
