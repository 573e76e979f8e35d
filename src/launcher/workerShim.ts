/**
 * The few lines of shell between the launcher and a command. They make an attempt start at most once and its end
 * known, even while no coordinator runs:
 *
 * - `worker.PID` names the process for good by boot and start time, so that a later one with the same pid is told
 *   from it. It is written first: whoever finds a claim half-written can tell whether someone is still at it.
 * - `worker` is the claim: made with O_EXCL before the command starts, so whoever comes second does not start it.
 * - A byte on `claimLine` then tells whoever listens. Nobody may be there any more, which must not be its end.
 * - `stop` is there before the group is sent a SIGTERM: the shell may have taken that before there was a command.
 * - `exit` holds the command's exit code. The shell outlives a SIGTERM to the whole group in order to write it.
 *
 * Limits hold for the command and not for the shell, which must be able to write how it ended. Where they cannot be set,
 * the command does not start.
 *
 * The command replaces a process of its own, so that its name means a program and never a word of the shell. What
 * the shell itself has to say is no part of the command's errors, which it hands on from another descriptor.
 */
import type { StdioOptions } from "node:child_process"
import type { ProcessLimits } from "../run/RunSpec.ts"
import { killedBy } from "./WorkerProcess.ts"

/** The descriptor on which a shim tells that it has claimed the attempt. */
export const claimLine = 3

/** The words of the shell that set these limits. A second after the processor's time is over, there is no more asking. */
export const limitWords = ({ cpuSeconds, memoryMb, openFiles, nice }: ProcessLimits = {}): string =>
  [
    ...(cpuSeconds === undefined ? [] : [`ulimit -S -t ${cpuSeconds}`, `ulimit -H -t ${cpuSeconds + 1}`]),
    ...(openFiles === undefined ? [] : [`ulimit -n ${openFiles}`]),
    ...(nice === undefined ? [] : [`set -- nice -n ${nice} "$@"`]),
    ...(memoryMb === undefined ? [] : [`ulimit -v ${memoryMb * 1024}`])
  ].join(" && ")

/** `sh -c` this, with the attempt's folder, the words that set limits and then the command as arguments. */
export const workerShim = `
folder=$1; limits=$2; shift 2
boot=; stat=
[ -r /proc/sys/kernel/random/boot_id ] && read -r boot < /proc/sys/kernel/random/boot_id
[ -r /proc/$$/stat ] && read -r stat < /proc/$$/stat
printf '%s\\n%s\\n' "$boot" "$stat" > "$folder/worker.$$" || exit
set -C
printf '%s\\n' "$$" > "$folder/worker" || exit
set +C
trap '' PIPE
printf . >&${claimLine}
exec ${claimLine}>&-
trap - PIPE
trap : TERM INT HUP
( [ -e "$folder/stop" ] && exit ${killedBy("SIGTERM")}; eval "$limits" 2>&4 || exit 126; exec "$@" 2>&4 4>&- )
code=$?
printf '%s\\n' "$code" > "$folder/exit"
exit "$code"
`

/** What a shim is given to read and write, where the command's output goes to these descriptors. */
export const shimStdio = (stdout: number, stderr: number) =>
  ["ignore", stdout, "ignore", "pipe", stderr] satisfies StdioOptions
