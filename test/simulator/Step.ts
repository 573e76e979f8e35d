/**
 * A history as data: each thing that happens to coordinators, to those who ask them, to their disk, their clock and
 * their workers. What it picks from is what there is when the moment comes, so that a step means something wherever it
 * stands, and histories can be made shorter.
 */
import type { Ask } from "../simulation/History.ts"
import type { Fate } from "./Disk.ts"
import type { Manner } from "./Manner.ts"
import type { Happening } from "./Outside.ts"

export type Deed =
  /** Someone asks; if `kept` the message is on its way for a while, and may be overtaken. */
  | {
      readonly do: "ask"
      readonly ask: Ask
      readonly manners: ReadonlyArray<Manner>
      readonly times: 1 | 2
      readonly kept: boolean
    }
  /** A message that was on its way arrives. */
  | { readonly do: "arrive"; readonly pick: number }
  | { readonly do: "query" }
  /** Someone waits for the end of a run, or for a slot of a pool. */
  | { readonly do: "wait"; readonly pick: number }
  | { readonly do: "claim"; readonly pick: number; readonly pool: string }
  /** Something happens to work. If `old`, to any that there ever was. */
  | { readonly do: "work"; readonly pick: number; readonly happening: Happening; readonly old: boolean }
  | { readonly do: "pass"; readonly ms: number }
  | { readonly do: "jump"; readonly ms: number }
  /** The clock on the wall stands still for so long. */
  | { readonly do: "stand"; readonly ms: number }
  | { readonly do: "slow"; readonly isSlow: boolean }
  | { readonly do: "commit"; readonly fate: Fate }
  | { readonly do: "fate"; readonly fate: Fate; readonly times: number }
  | { readonly do: "late" }
  | { readonly do: "failing"; readonly what: "lead" | "read" }
  | { readonly do: "crash"; readonly pick: number; readonly written: boolean }
  | { readonly do: "start"; readonly takeOver: boolean; readonly admits: boolean }
  | { readonly do: "stop"; readonly pick: number }

/** A deed, to which process, and how much of what follows from it happens before the next: everything if not said. */
export type Step = Deed & { readonly to: number; readonly tasks?: number }

export type Trial = ReadonlyArray<Step>
