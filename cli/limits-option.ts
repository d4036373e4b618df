import { z } from 'zod';
import { limits, type LimitChanges, type Limits } from '../contract/limits.ts';
import { didYouMean } from './did-you-mean.ts';

const NAMES = Object.keys(limits.shape) as (keyof Limits)[];
/** What a part of the list that is quoted back looks like: anything else may be a secret. */
const LIMIT_NAME = /^[A-Za-z]{1,40}$/;

function isLimit(name: string): name is keyof Limits {
  return (NAMES as string[]).includes(name);
}

function noSuchLimit(name: string): string {
  if (!LIMIT_NAME.test(name)) return 'must be a list such as maxSessions=50,maxSchedules=default';
  const hint = didYouMean(name, NAMES) ?? `There are: ${NAMES.join(', ')}.`;
  return `names no limit by ${name}. ${hint}`;
}

/** One part of the list, or a sentence that says what is wrong with it. */
function parsePart(part: string): { name: keyof Limits; value: number | null } | string {
  const [name = '', value = '', ...more] = part.split('=').map((text) => text.trim());
  if (!isLimit(name)) return noSuchLimit(name);
  if (value === 'default' && more.length === 0) return { name, value: null };
  if (!/^\d{1,16}$/.test(value) || more.length > 0) {
    return `must give ${name} a whole number, or default for the tier’s`;
  }
  const checked = limits.shape[name].safeParse(Number(value));
  if (!checked.success) return `of ${name}: ${checked.error.issues[0]?.message ?? 'not valid'}`;
  return { name, value: checked.data };
}

/**
 * `--limits maxSessions=50,maxSchedules=default` as the change it means: a number sets the tenant's
 * own limit, `default` gives it back to the tier. Money is in nano-dollars, times are in ms.
 */
export const limitsOption = z.string().transform((text, context): LimitChanges => {
  const changes: LimitChanges = {};
  const refuse = (message: string): never => {
    context.addIssue({ code: 'custom', message });
    return z.NEVER;
  };
  for (const part of text.split(',')) {
    const parsed = parsePart(part);
    if (typeof parsed === 'string') return refuse(parsed);
    if (parsed.name in changes) return refuse(`names ${parsed.name} more than once`);
    changes[parsed.name] = parsed.value;
  }
  return changes;
});

/** What the option takes, for its help. */
export const LIMIT_NAMES = NAMES.join(', ');
