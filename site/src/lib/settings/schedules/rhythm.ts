/** How often a schedule runs, as a form asks for it; all else is written as a cron expression. */
export const RHYTHMS = ['hourly', 'daily', 'weekdays', 'weekly', 'monthly', 'custom'] as const;
export type RhythmKind = (typeof RHYTHMS)[number];

export interface Rhythm {
  kind: RhythmKind;
  /** Of the day, `HH:MM`; for `hourly` only its minutes count. */
  time: string;
  /** 0 is Sunday, as cron has it. */
  weekday: number;
  monthday: number;
  /** The expression of `custom`. */
  cron: string;
}

export const WEEKDAYS = [
  'Sunday',
  'Monday',
  'Tuesday',
  'Wednesday',
  'Thursday',
  'Friday',
  'Saturday',
];

export const EVERY_MORNING: Rhythm = {
  kind: 'daily',
  time: '09:00',
  weekday: 1,
  monthday: 1,
  cron: '0 9 * * *',
};

/** The five fields of a rhythm. */
export function cronOf({ kind, time, weekday, monthday, cron }: Rhythm): string {
  const [hour = 0, minute = 0] = time.split(':').map(Number);
  switch (kind) {
    case 'hourly':
      return `${minute} * * * *`;
    case 'daily':
      return `${minute} ${hour} * * *`;
    case 'weekdays':
      return `${minute} ${hour} * * 1-5`;
    case 'weekly':
      return `${minute} ${hour} * * ${weekday}`;
    case 'monthly':
      return `${minute} ${hour} ${monthday} * *`;
    case 'custom':
      return cron.trim();
  }
}

const NUMBER = /^\d{1,2}$/;

/** The rhythm that an expression is; `custom` for what no other one says. */
export function rhythmOf(cron: string): Rhythm {
  const custom: Rhythm = { ...EVERY_MORNING, kind: 'custom', cron };
  const [minute = '', hour = '', monthday = '', month = '', weekday = '', ...more] = cron
    .trim()
    .split(/\s+/);
  if (more.length > 0 || month !== '*' || !NUMBER.test(minute)) return custom;
  const known = (kind: RhythmKind, changed: Partial<Rhythm> = {}): Rhythm => {
    const at = hour === '*' ? '0' : hour;
    const time = `${at.padStart(2, '0')}:${minute.padStart(2, '0')}`;
    return { ...custom, kind, time, ...changed };
  };
  if (hour === '*' && monthday === '*' && weekday === '*') return known('hourly');
  if (!NUMBER.test(hour)) return custom;
  if (monthday === '*' && weekday === '*') return known('daily');
  if (monthday === '*' && weekday === '1-5') return known('weekdays');
  // Cron counts Sunday as 0 and as 7.
  if (monthday === '*' && /^[0-7]$/.test(weekday)) {
    return known('weekly', { weekday: Number(weekday) % 7 });
  }
  if (weekday === '*' && NUMBER.test(monthday)) {
    return known('monthly', { monthday: Number(monthday) });
  }
  return custom;
}

function ordinal(n: number): string {
  const tail = n % 100 >= 11 && n % 100 <= 13 ? 'th' : (['th', 'st', 'nd', 'rd'][n % 10] ?? 'th');
  return `${n}${tail}`;
}

/** An expression in words, such as "Every weekday at 09:00"; itself where it says something rarer. */
export function cronWords(cron: string): string {
  const { kind, time, weekday, monthday } = rhythmOf(cron);
  switch (kind) {
    case 'hourly':
      return `Every hour at :${time.slice(-2)}`;
    case 'daily':
      return `Every day at ${time}`;
    case 'weekdays':
      return `Every weekday at ${time}`;
    case 'weekly':
      return `Every ${WEEKDAYS[weekday]} at ${time}`;
    case 'monthly':
      return `Every month on the ${ordinal(monthday)} at ${time}`;
    case 'custom':
      return `At ${cron}`;
  }
}
