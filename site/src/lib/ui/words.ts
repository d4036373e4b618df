const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** How long ago or ahead something is, in the largest unit that fits. */
const UNITS: [Intl.RelativeTimeFormatUnit, number][] = [
  ['year', 365 * DAY],
  ['month', 30 * DAY],
  ['week', 7 * DAY],
  ['day', DAY],
  ['hour', HOUR],
  ['minute', MINUTE],
];
const relative = new Intl.RelativeTimeFormat('en', { numeric: 'auto' });

/** A moment as people say it, seen from `now`; both UTC ms. */
export function relativeWords(at: number, now: number): string {
  const distance = at - now;
  const unit = UNITS.find(([, ms]) => Math.abs(distance) >= ms);
  if (unit === undefined) return distance > 0 ? 'in less than a minute' : 'just now';
  return relative.format(Math.round(distance / unit[1]), unit[0]);
}

/**
 * A day, such as "23 Nov 2026", or with its weekday and time: "Mon 23 Nov 2026, 08:00", and with
 * `seconds` to the second.
 */
export function dateWords(
  at: number,
  options: { timeZone?: string; time?: boolean; seconds?: boolean } = {},
): string {
  const { timeZone, time = false, seconds = false } = options;
  const format = new Intl.DateTimeFormat('en-GB', {
    timeZone,
    day: 'numeric',
    month: 'short',
    year: 'numeric',
    ...(time ? { weekday: 'short', hour: '2-digit', minute: '2-digit' } : {}),
    ...(time && seconds ? { second: '2-digit' } : {}),
  });
  // "Mon, 23 Nov 2026": the comma is wanted before the time only.
  return format.format(at).replace(/^(\w+), /, '$1 ');
}

/** A day of the calendar without its year, such as "1 December", UTC. */
export function monthDayWords(at: number): string {
  return new Intl.DateTimeFormat('en-GB', {
    day: 'numeric',
    month: 'long',
    timeZone: 'UTC',
  }).format(at);
}

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

const cents = new Intl.NumberFormat('en', { style: 'currency', currency: 'USD' });
const fine = new Intl.NumberFormat('en', {
  style: 'currency',
  currency: 'USD',
  minimumFractionDigits: 4,
});
const NANO = 1_000_000_000;

/** Nano-dollars to the cent; what is less than a cent, and not nothing, says so. */
export function moneyWords(nano: number): string {
  if (nano > 0 && nano < NANO / 100) return '< $0.01';
  return cents.format(nano / NANO);
}

/** Nano-dollars to the cent, and what is less than a dollar to the hundredth of one: for tables. */
export function fineMoneyWords(nano: number): string {
  if (nano >= NANO) return cents.format(nano / NANO);
  return fine.format(nano / NANO);
}

const whole = new Intl.NumberFormat('en');
const compact = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 });

export const countWords = (n: number): string => whole.format(n);
/** A large number, such as "1.2M". */
export const compactWords = (n: number): string => compact.format(n);

/** A thing and how many of it, such as "1 sign-in" and "2 sign-ins". */
export function plural(n: number, one: string, many = `${one}s`): string {
  return `${whole.format(n)} ${n === 1 ? one : many}`;
}

const SIZES = ['bytes', 'KB', 'MB', 'GB'];

/** Bytes as people read them, in powers of 1,000. */
export function sizeWords(bytes: number): string {
  const power = Math.min(SIZES.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3));
  const value = bytes / 1_000 ** power;
  return `${value.toLocaleString('en', { maximumFractionDigits: power === 0 ? 0 : 1 })} ${SIZES[power]}`;
}
