import * as Effect from "effect/Effect"
import { makePostgresEventLog } from "../../src/log/PostgresEventLog.ts"
import { eventLogContract } from "./EventLogContract.ts"
import { emptyPlaces } from "./postgres/database.ts"

eventLogContract("a log in Postgres", Effect.flatMap(emptyPlaces(), makePostgresEventLog))
