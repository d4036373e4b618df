/**
 * The clock that all processes of one machine share, in ms: what `process.hrtime` reads is
 * CLOCK_MONOTONIC, counted from the machine's start, so that a time written by one process can be
 * subtracted in another. `performance.now()` counts from the start of each.
 */
export function machineMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
