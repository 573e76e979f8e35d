/**
 * The promise that matters most: whenever the coordinator is killed, nothing is lost and nothing is done twice. At full size
 * it is `npm run kill`.
 */
import { describe, expect, it } from "vitest"
import { freeAddress } from "../../http/Site.ts"
import { temporaryFolder } from "../signalbox.ts"
import { campaign } from "./campaign.ts"

describe("a coordinator that is killed", () => {
  it("loses nothing, does nothing twice and passes no limit, however often it is killed", async () => {
    const size = { kills: 10, processes: 6, workers: 2 }
    const seed = Number(process.env["SIGNALBOX_SEED"])
    const report = await campaign({ folder: temporaryFolder(), address: freeAddress(), seed, ...size })
    expect(report).toMatchObject({ missing: [], surplus: [], violations: [], audit: 0, inFlightAtEnd: 0 })
    expect(report.states).toEqual({ succeeded: 10 * (6 + 2 * 2) })
    // It did meet work under way.
    expect(Math.max(...report.inFlight)).toBeGreaterThan(1)
  }, 240_000)
})
