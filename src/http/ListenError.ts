import * as Schema from "effect/Schema"

const meanings: Readonly<Record<string, string>> = {
  EADDRINUSE: "the port is taken",
  EADDRNOTAVAIL: "this machine has no such address",
  ENOTFOUND: "there is no such host",
  EACCES: "this user may not"
}

const codeOf = (cause: unknown): string | undefined =>
  typeof cause === "object" && cause !== null && "code" in cause ? String(cause.code) : undefined

/** Nobody can listen there. */
export class ListenError extends Schema.TaggedError<ListenError>()("ListenError", {
  host: Schema.String,
  port: Schema.Int,
  issue: Schema.String
}) {
  override get message(): string {
    return `Nobody can listen at ${this.host}:${this.port}: ${this.issue}.`
  }
}

/** Why a server could not be opened there. */
export const listenError = (host: string, port: number, cause: unknown): ListenError =>
  new ListenError({ host, port, issue: meanings[codeOf(cause) ?? ""] ?? String(cause) })
