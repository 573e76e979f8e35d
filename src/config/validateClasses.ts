/**
 * What Dagster finds out only when it loads the classes that a file names.
 */
import { dagsterCoordinators, isOfDagster } from "./coordinatorSchema.ts"
import { nearest } from "./decodeDocument.ts"
import type { Contents } from "./signalboxYaml.ts"
import type { Breach } from "./validateConcurrency.ts"

/** A class under Dagster's own module that is none. */
const unknownCoordinator = ({ run_coordinator: own }: Contents): ReadonlyArray<Breach> => {
  if (!own || !isOfDagster(own.module) || dagsterCoordinators.includes(own.class)) return []
  const meant = nearest(own.class, dagsterCoordinators)
  const hint = meant === undefined ? "" : `; did you mean ${meant}?`
  const message = `expected ${dagsterCoordinators.join(", ")} of ${own.module}, got ${own.class}${hint}`
  return [{ path: ["run_coordinator", "class"], at: "value", message }]
}

/** Dagster's launchers that cannot take up a run whose worker was lost. */
const resumeless = ["DefaultRunLauncher", "CeleryK8sRunLauncher"]

/** In Dagster an instance with such settings does not come up; here any launcher makes another attempt. */
const resumes = ({ run_monitoring, run_launcher }: Contents): ReadonlyArray<Breach> => {
  const { enabled = false, max_resume_run_attempts: attempts = 0 } = run_monitoring ?? {}
  const launcher = run_launcher?.class ?? "DefaultRunLauncher"
  if (!enabled || attempts <= 0 || !resumeless.includes(launcher)) return []
  const message = `expected 0, got ${attempts}: the ${launcher} of Dagster cannot resume runs; ours can, in a signalbox.yaml`
  return [{ path: ["run_monitoring", "max_resume_run_attempts"], at: "value", message }]
}

/** What is wrong with the classes of a file; what a launcher is able to do counts in a dagster.yaml only. */
export const validateClasses = (contents: Contents, isDagster: boolean): ReadonlyArray<Breach> => [
  ...unknownCoordinator(contents),
  ...(isDagster ? resumes(contents) : [])
]
