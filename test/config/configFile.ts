/**
 * Text as a configuration file that tests read.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import { afterAll } from "vitest"
import { type Config, readConfig } from "../../src/config/readConfig.ts"

const folder = mkdtempSync(join(tmpdir(), "signalbox-test-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** The path of a file with this text. */
export const configFile = (text: string, name = "signalbox.yaml"): string => {
  const file = join(folder, name)
  writeFileSync(file, text)
  return file
}

/** Reads a configuration out of a text; a defect is thrown. */
export const configOf = (text: string, name?: string, env: Record<string, string> = {}) =>
  Effect.runSync(Effect.result(readConfig(configFile(text, name), env)))

/** The same where the text is known to be right. */
export const rightConfig = (text: string, name?: string, env: Record<string, string> = {}): Config =>
  Effect.runSync(readConfig(configFile(text, name), env))
