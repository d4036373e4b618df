const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Two units of a time: what is smaller says nothing beside them. */
function twoUnits(
  ms: number,
  [big, bigName]: [number, string],
  [small, smallName]: [number, string],
) {
  const whole = Math.floor(ms / big);
  const rest = Math.floor((ms % big) / small);
  return rest === 0 ? `${whole} ${bigName}` : `${whole} ${bigName} ${rest} ${smallName}`;
}

/** How long something took or lasts, such as "80 ms", "3.2 s", "1 min 5 s", "3 h 12 min"; `ms` from 0. */
export function durationWords(ms: number): string {
  if (ms < SECOND) return `${Math.round(ms)} ms`;
  if (ms < 10 * SECOND) return `${(ms / SECOND).toFixed(1)} s`;
  return runningWords(ms);
}

/** The same in whole seconds, for a time that runs. */
export function runningWords(ms: number): string {
  if (ms < MINUTE) return `${Math.floor(Math.max(0, ms) / SECOND)} s`;
  if (ms < HOUR) return twoUnits(ms, [MINUTE, 'min'], [SECOND, 's']);
  if (ms < DAY) return twoUnits(ms, [HOUR, 'h'], [MINUTE, 'min']);
  return twoUnits(ms, [DAY, 'd'], [HOUR, 'h']);
}
