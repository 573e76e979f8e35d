/**
 * What files are called, so that the listing of a folder reads as a sentence.
 */
import { posix } from "node:path"
import type { SourceFile } from "./SourceFile.ts"
import { productOf, type Rule } from "./Tree.ts"

/** Names that say nothing of what is inside, and so gather everything. */
const hollow = /^(utils?|helpers?|common|types|misc|shared|base)$/i

/** Files of the product, as globs, whose main export has another name. */
const namedOtherwise: Readonly<Record<string, string>> = {
  "src/index.ts": "the public names of all the others",
  "src/cli/main.ts": "a program, imported by nobody",
  "src/cli/*{Command,Commands}.ts": "commands, each under its own name",
  "src/cli/auditFiles.ts": "the kinds of files that an auditor keeps",
  "src/cli/format.ts": "how times, tables and states are written for people",
  "src/config/time.ts": "how people write times",
  "src/log/codec.ts": "the two directions of one translation",
  "src/log/postgres/postgresLayout.ts": "one kind of store: its tables, and who may do what with them",
  "src/log/sqlite/sqliteFile.ts": "the ways to open one kind of file",
  "src/log/sqlite/sqliteWriter.ts": "a thread, started by its path",
  "src/docker.ts": "the public names of one kind of launcher",
  "src/kubernetes.ts": "the public names of one kind of launcher",
  "src/launcher/podState.ts": "the answers to one question: what a pod shows",
  "src/launcher/threadMain.ts": "a thread, started by its path",
  "src/postgres.ts": "the public names of one kind of log",
  "src/worker.ts": "all that a worker's program takes",
  "src/workers.ts": "the public names of one kind of launcher",
  "src/queue/order.ts": "the orders to choose from",
  "src/run/retry.ts": "what is done again, and how often",
  "src/run/lifecycle.ts": "the answers of one table",
  "src/run/priority.ts": "how one number is found"
}

const exceptions = Object.keys(namedOtherwise)

const baseOf = (path: string): string => (path.split("/").at(-1) ?? "").split(".")[0] ?? ""

/** Named after an export, or after what an export makes. */
const isNamedAfterExport = ({ path, exports }: SourceFile): boolean =>
  exports.some(({ name }) => name === baseOf(path) || name === `make${baseOf(path)}`)

export const nameRules: ReadonlyArray<Rule> = [
  {
    title: "no file and no folder has a hollow name",
    breaches: ({ files }) =>
      [...files.keys()].filter((path) =>
        path.split("/").some((part) => hollow.test(part.split(".")[0] ?? ""))
      ),
    counterexample: { "src/run/utils.ts": "", "test/Common/a.test.ts": "", "src/run/typesOfRuns.ts": "" },
    said: ["src/run/utils.ts", "test/Common/a.test.ts"]
  },
  {
    title: "a folder of the product is one lower-case noun",
    breaches: (tree) =>
      productOf(tree)
        .filter(
          ({ path }) =>
            !path
              .split("/")
              .slice(0, -1)
              .every((folder) => /^[a-z]+$/.test(folder))
        )
        .map(({ path }) => path),
    counterexample: { "src/run/a.ts": "", "src/runQueue/a.ts": "", "src/run-queue/a.ts": "" },
    said: ["src/runQueue/a.ts", "src/run-queue/a.ts"]
  },
  {
    title: "a file is named after its main export, letter for letter",
    breaches: (tree) =>
      productOf(tree).flatMap((file) => {
        const { path, exports } = file
        const isException = exceptions.some((glob) => posix.matchesGlob(path, glob))
        if (isNamedAfterExport(file) !== isException) return []
        const names = exports.map(({ name }) => name).join(", ") || "nothing"
        return [isException ? `${path} needs no exception` : `${path} exports ${names}`]
      }),
    counterexample: {
      "src/run/Run.ts": "export interface Run {}",
      "src/run/decide.ts": "export const decide = 1",
      "src/log/MemoryLog.ts": "export const makeMemoryLog = 1",
      "src/queue/admission.ts": "export const Admission = 1\nexport const admit = 1",
      "src/run/empty.ts": "",
      "src/log/codec.ts": "export const codec = 1",
      "src/log/sqlite/sqliteFile.ts": "export const openForReading = 1"
    },
    said: [
      "src/queue/admission.ts exports Admission, admit",
      "src/run/empty.ts exports nothing",
      "src/log/codec.ts needs no exception"
    ]
  }
]
