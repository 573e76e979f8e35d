/**
 * The few lines of shell between the launcher and a command. They make an attempt start at most once and its end
 * known, even while no coordinator runs:
 *
 * - `worker` is made with O_EXCL before the command starts: whoever comes second does not start it. It names the
 *   process by pid, boot and start time, so that a later process with the same pid is told from it.
 * - `exit` holds the command's exit code. The shell outlives a SIGTERM to the whole group in order to write it.
 */

/** The exit code of a shim that came second. */
export const claimedByAnother = 97

/** `sh -c` this, with the attempt's folder and then the command as arguments. */
export const workerShim = `
folder=$1; shift
boot=; stat=
[ -r /proc/sys/kernel/random/boot_id ] && read -r boot < /proc/sys/kernel/random/boot_id
[ -r /proc/$$/stat ] && read -r stat < /proc/$$/stat
set -C
printf '%s\\n%s\\n%s\\n' "$$" "$boot" "$stat" > "$folder/worker" || exit ${claimedByAnother}
set +C
trap : TERM INT HUP
"$@"
printf '%s\\n' "$?" > "$folder/exit"
`
