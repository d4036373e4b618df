import {
  limits,
  type LimitChanges,
  type LimitOverrides,
  type Limits,
} from '../../../../../contract/limits.ts';
import { countWords } from '../../ui/words.ts';

export type LimitName = keyof Limits;

interface LimitUnit {
  label: string;
  /** What stands before and after the number. */
  before?: string;
  after?: string;
  /** What one of the shown unit is in the stored one. */
  scale: number;
}

const MINUTE_MS = 60_000;
/** Nano-dollars of one dollar. */
const DOLLAR_NANO = 1_000_000_000;

/** The limits in the order in which people ask for them, in units that people read. */
export const LIMIT_WORDS: Record<LimitName, LimitUnit> = {
  maxNanoPerMonth: { label: 'Money a month', before: '$', scale: DOLLAR_NANO },
  maxTokensPerDay: { label: 'Tokens a day', scale: 1 },
  maxCallsPerMinute: { label: 'Model calls a minute', scale: 1 },
  maxConcurrentCalls: { label: 'Model calls at once', scale: 1 },
  maxTurnsPerMinute: { label: 'Messages a minute', scale: 1 },
  maxMessageChars: { label: 'Longest message', after: 'characters', scale: 1 },
  maxQueuedTurns: { label: 'Messages waiting in a session', scale: 1 },
  maxSessions: { label: 'Sessions', scale: 1 },
  maxSchedules: { label: 'Schedules', scale: 1 },
  minScheduleIntervalMs: {
    label: 'Shortest time between runs',
    after: 'minutes',
    scale: MINUTE_MS,
  },
};
export const LIMIT_NAMES = Object.keys(LIMIT_WORDS) as LimitName[];

/** A limit as people read it, such as "$5" or "60 minutes". */
export function limitWords(name: LimitName, value: number): string {
  const { before = '', after, scale } = LIMIT_WORDS[name];
  const shown = (value / scale).toLocaleString('en', { maximumFractionDigits: 9 });
  return `${before}${shown}${after === undefined ? '' : ` ${after}`}`;
}

/** A limit as it is typed: a plain number in the unit that is shown. */
function typedLimit(name: LimitName, value: number | undefined): string {
  return value === undefined ? '' : String(value / LIMIT_WORDS[name].scale);
}

/** A tenant's own limits as they are typed; what is the tier's is empty. */
export function typedLimits(own: LimitOverrides | null): Record<LimitName, string> {
  return Object.fromEntries(
    LIMIT_NAMES.map((name) => [name, typedLimit(name, own?.[name])]),
  ) as Record<LimitName, string>;
}

/** What was typed for a limit: null for the tier's, or why it cannot be. */
export function readLimit(
  name: LimitName,
  typed: string,
): { value: number | null; problem: null } | { value: null; problem: string } {
  const text = typed.replaceAll(/[\s,_]/g, '');
  if (text === '') return { value: null, problem: null };
  const { scale } = LIMIT_WORDS[name];
  const value = /^\d{1,15}(\.\d{1,9})?$/.test(text) ? Math.round(Number(text) * scale) : Number.NaN;
  const isWhole = scale !== 1 || Number.isInteger(Number(text));
  const schema = limits.shape[name];
  if (isWhole && schema.safeParse(value).success) return { value, problem: null };
  const [least, most] = [schema.minValue ?? 0, schema.maxValue ?? Number.MAX_SAFE_INTEGER];
  const range = `${limitWords(name, least)} to ${limitWords(name, most)}`;
  return { value: null, problem: `Type a number from ${range}, or leave it empty.` };
}

/** What has to change so that a tenant's own limits are as typed; null when nothing has, or may. */
export function limitChangesOf(
  own: LimitOverrides | null,
  typed: Record<LimitName, string>,
): LimitChanges | null {
  const read = LIMIT_NAMES.map((name) => ({ name, ...readLimit(name, typed[name]) }));
  if (read.some(({ problem }) => problem !== null)) return null;
  const changed = read.filter(({ name, value }) => value !== (own?.[name] ?? null));
  if (changed.length === 0) return null;
  return Object.fromEntries(changed.map(({ name, value }) => [name, value]));
}

/** How many limits are typed otherwise than they are, for the button that saves them. */
export function changedLimits(
  own: LimitOverrides | null,
  typed: Record<LimitName, string>,
): string {
  const n = LIMIT_NAMES.filter((name) => typed[name] !== typedLimit(name, own?.[name])).length;
  return n === 0 ? 'Save' : `Save ${countWords(n)} ${n === 1 ? 'change' : 'changes'}`;
}
