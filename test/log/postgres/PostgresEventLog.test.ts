import * as Effect from "effect/Effect"
import { makePostgresEventLog } from "../../../src/log/postgres/PostgresEventLog.ts"
import { eventLogContract } from "../EventLogContract.ts"
import { emptyPlaces } from "./database.ts"

eventLogContract("a log in Postgres", Effect.flatMap(emptyPlaces(), makePostgresEventLog))
