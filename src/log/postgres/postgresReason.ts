/**
 * What an error of Postgres, or of the way to it, means for a log.
 */
import type { SqlError } from "effect/sql/SqlError"
import type { LogErrorReason } from "../LogError.ts"

/** SQLSTATEs and the network's codes, those that a person can do something about. */
const meanings: Readonly<Record<string, string>> = {
  ECONNREFUSED: "no server answers there",
  ENOENT: "no server answers there",
  ENOTFOUND: "its host is not known",
  EAI_AGAIN: "its host is not known",
  ECONNRESET: "the connection was lost",
  EPIPE: "the connection was lost",
  "25006": "it is read-only, as a standby is",
  "28000": "it refuses this user",
  "28P01": "it refuses this user or password",
  "3D000": "there is no such database",
  "3F000": "there is no schema to make it in",
  "42501": "this user may not do that",
  "53100": "its disk is full",
  "53300": "it takes no more connections",
  "57P01": "its server stops",
  "57P02": "its server has crashed",
  "57P03": "its server is starting or stopping"
}

/** What is there instead of a log. */
const others: Readonly<Record<string, string>> = {
  "42703": "its table signalbox_log is another program's",
  "42P07": "its table signalbox_event or signalbox_log is another program's",
  "42809": "its signalbox_log is no table"
}

interface Cause {
  readonly code?: unknown
  readonly message?: unknown
  readonly errors?: ReadonlyArray<Cause>
}

/** The first of several, where each address of a host was tried. */
const firstOf = (cause: Cause): Cause => cause.errors?.[0] ?? cause

/** What an error means for the log that `log` names. */
export const postgresReason = (log: string, { reason }: SqlError): LogErrorReason => {
  const cause: Cause =
    typeof reason.cause === "object" && reason.cause !== null
      ? firstOf(reason.cause)
      : { message: reason.cause }
  const code = String(cause.code ?? "")
  const said = String(cause.message || reason.message || code)
  const found = others[code]
  if (code === "42P01") return { _tag: "Missing", log }
  if (found !== undefined) return { _tag: "NotALog", log, found }
  if (code === "XX001" || code === "XX002") return { _tag: "Corrupt", issue: said }
  const meaning =
    meanings[code] ?? (reason._tag === "ConnectionError" ? "the connection was lost" : undefined)
  return { _tag: "Unavailable", log, issue: meaning ? `${meaning} (${said})` : said }
}
