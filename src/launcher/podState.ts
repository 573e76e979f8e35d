/**
 * What a job and its pods show of the attempt that they are of.
 */
import type { Outcome } from "../run/Outcome.ts"
import type { Thing } from "./ClusterApi.ts"
import { exitOutcome } from "./exitOutcome.ts"

/** The name of the container that does the work. */
export const workContainer = "run"

const isTrue = (thing: Thing | undefined, type: string) =>
  thing?.status?.conditions?.find((condition) => condition.type === type && condition.status === "True")

const stateOf = (pod: Thing) =>
  pod.status?.containerStatuses?.find(({ name }) => name === workContainer)?.state

/** Whether its work goes on or has ended. */
export const hasBegun = (pod: Thing): boolean => {
  const state = stateOf(pod)
  return state?.running !== undefined || state?.terminated !== undefined
}

/** Whether the cluster has taken notice that the job is to have no pods. */
export const isSuspended = (job: Thing): boolean => isTrue(job, "Suspended") !== undefined

const said = ({ reason, message }: { readonly reason?: string; readonly message?: string }) =>
  [reason, message].filter(Boolean).join(": ")

/** How the work of a pod has ended, with the end of what it printed; undefined while it has not. */
export const endOfPod = (pod: Thing, tail = ""): Outcome | undefined => {
  const terminated = stateOf(pod)?.terminated
  const reason = pod.status?.reason === undefined ? undefined : said(pod.status)
  if (terminated) {
    const memory = terminated.reason === "OOMKilled" ? "out of memory" : undefined
    return exitOutcome(terminated.exitCode, tail, memory ?? reason)
  }
  if (pod.status?.phase !== "Failed") return undefined
  return { _tag: "Terminated", message: reason ?? "its pod has failed" }
}

/** How a job has ended of whose pods there is none any more. */
export const endOfJob = (job: Thing): Outcome | undefined => {
  if (isTrue(job, "Complete")) return { _tag: "Succeeded" }
  const failed = isTrue(job, "Failed")
  return failed && { _tag: "WorkerLost", message: `its pod is not there any more; ${said(failed)}` }
}

/** Why a pod has not started yet, if it is told. */
export const whyNotStarted = (pod: Thing): string | undefined => {
  const waiting = stateOf(pod)?.waiting
  if (
    waiting?.reason !== undefined &&
    waiting.reason !== "ContainerCreating" &&
    waiting.reason !== "PodInitializing"
  )
    return said(waiting)
  const unscheduled = pod.status?.conditions?.find(
    ({ type, status }) => type === "PodScheduled" && status === "False"
  )
  return unscheduled && said(unscheduled)
}
