/**
 * Has all that is not in use let go, so that what is left can be counted.
 */
import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"

setFlagsFromString("--expose-gc")

export const collectGarbage: () => void = runInNewContext("gc")
