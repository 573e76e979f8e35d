/**
 * What attempts leave behind, as files beside the log: their output, their own log, how their process ended.
 */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { RunId } from "../run/RunSpec.ts"

export class Artifacts extends Context.Service<
  Artifacts,
  {
    /** The folder that holds a folder for each attempt. */
    readonly root: string
  }
>()("signalbox/launcher/Artifacts") {
  /** Kept in a folder. */
  static readonly layer = (root: string): Layer.Layer<Artifacts> => Layer.succeed(Artifacts, { root })

  /** Kept until the scope ends. */
  static readonly layerTemporary: Layer.Layer<Artifacts> = Layer.effect(
    Artifacts,
    Effect.map(
      Effect.acquireRelease(
        Effect.sync(() => mkdtempSync(join(tmpdir(), "signalbox-"))),
        (root) => Effect.sync(() => rmSync(root, { recursive: true, force: true }))
      ),
      (root) => ({ root })
    )
  )
}

/** Where an attempt's files stand. */
export const folderOf = (root: string, of: { readonly run: RunId; readonly attempt: number }): string =>
  join(root, of.run, String(of.attempt))

/** Makes that folder if it is not there. */
export const makeFolder = (root: string, of: { readonly run: RunId; readonly attempt: number }): string => {
  const folder = folderOf(root, of)
  mkdirSync(folder, { recursive: true })
  return folder
}
