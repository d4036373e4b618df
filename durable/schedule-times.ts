import { Cron } from 'croner';
import { AppError } from '../contract/errors.ts';

/** Fields of an expression: minute, hour, day of month, month, day of week. */
const CRON_FIELDS = 5;
/**
 * Times looked at for the shortest interval: a day of one every five minutes. Minutes and hours repeat
 * each day, so that what comes closer than that shows within it.
 */
const MAX_TIMES_LOOKED_AT = 300;

const invalid = (message: string, hint?: string): AppError =>
  new AppError('invalid_request', message, { hint });

/**
 * When the clocks change, a schedule of named times (`30 2 * * *`, `0 2,14 * * *`) runs once for each
 * of them: at the end of the gap for a time that is skipped, at the first of two that happen twice. One
 * of a wildcard or step (`*\/30 * * * *`) goes on in real time: nothing in the gap, both of the two.
 * Source: croner's rules, which follow Vixie cron's.
 */
function cronOf(cron: string, timeZone: string): Cron {
  const options = { mode: '5-part', paused: true, fixedTimeRule: 'no-wildcard' } as const;
  return new Cron(cron, { ...options, timezone: timeZone });
}

/** The first time of a checked schedule after `after` (UTC ms); null when it never comes again. */
export function nextTime(cron: string, timeZone: string, after: number): number | null {
  return cronOf(cron, timeZone).nextRun(new Date(after))?.getTime() ?? null;
}

/** The first `count` times of a checked schedule after `after`, UTC ms; fewer when it ends. */
export function nextTimes(
  { cron, timeZone }: { cron: string; timeZone: string },
  { after, count }: { after: number; count: number },
): number[] {
  const times = cronOf(cron, timeZone).nextRuns(count, new Date(after));
  return times.map((time) => time.getTime());
}

function checkTimeZone(timeZone: string): void {
  try {
    // Offsets such as +05:00 pass for zones there, and know no summer time.
    if (!/^[A-Za-z]/.test(timeZone)) throw new RangeError('not a name');
    Intl.DateTimeFormat('en', { timeZone });
  } catch {
    throw invalid(`timeZone: "${timeZone}" is no time zone.`, 'Use a name such as Europe/Berlin.');
  }
}

function parseCron(cron: string, timeZone: string): Cron {
  const fields = cron.split(/\s+/).length;
  if (fields !== CRON_FIELDS) {
    throw invalid(
      `cron: five fields are needed (minute hour day month weekday), not ${fields}.`,
      'For every day at nine: 0 9 * * *',
    );
  }
  try {
    return cronOf(cron, timeZone);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message.replace(/^CronPattern: /, '') : 'not valid';
    throw invalid(`cron: "${cron}" cannot be read: ${why}`);
  }
}

/**
 * Checks what a member wrote. AppError invalid_request names what is wrong: the fields, the zone, an
 * expression whose time never comes, or one that comes more often than `minIntervalMs`.
 */
export function checkTimes(
  cron: string,
  timeZone: string,
  limits: { minIntervalMs: number; now: number },
): void {
  checkTimeZone(timeZone);
  const times = parseCron(cron, timeZone).nextRuns(MAX_TIMES_LOOKED_AT, new Date(limits.now));
  if (times.length === 0) throw invalid(`cron: the time of "${cron}" never comes.`);
  times.reduce((before, time) => {
    const gapMs = time.getTime() - before.getTime();
    if (gapMs < limits.minIntervalMs) {
      throw invalid(
        `cron: two runs may be no closer than ${limits.minIntervalMs / 60_000} minutes here, and these are ${gapMs / 60_000}.`,
      );
    }
    return time;
  });
}
