import { AppError } from '../contract/errors.ts';
import { didYouMean } from './did-you-mean.ts';

/** One flag in cac's notation: `--tier <tier>` takes a value, `--force` does not. */
export interface Flag {
  flag: string;
  summary: string;
  /** Whether `--no-…` exists too. */
  negatable?: boolean;
}

export interface ScannedFlag {
  /** As typed, without a value: `--tenant-id`, `--no-internet`, `-h`. */
  typed: string;
  /** Without dashes and `no-`: `tenant-id`, `internet`, `h`. */
  name: string;
  negated: boolean;
  value: string | undefined;
}

export interface ScannedArgv {
  words: { text: string; index: number }[];
  flags: ScannedFlag[];
}

/** Makes cac keep a value as the string it is: it would turn `0123` into 123. */
const STRING_MARK = '\u0001';

/** `tenant-id` of `--tenant-id <id>`. */
export function flagName(flag: Flag): string {
  return flag.flag.replace(/^--/, '').split(' ')[0] ?? '';
}

function isMarkable(token: string): boolean {
  return token !== '' && !token.startsWith('-');
}

/**
 * Reads raw arguments the way cac will, but keeps what was typed: which words are no flag's value,
 * and which flags were given. `valueFlags` names the flags that take a value.
 */
export function scanArgv(argv: readonly string[], valueFlags: ReadonlySet<string>): ScannedArgv {
  const scanned: ScannedArgv = { words: [], flags: [] };
  for (let index = 0; index < argv.length; index += 1) {
    const token = argv[index] ?? '';
    if (!token.startsWith('-')) {
      scanned.words.push({ text: token, index });
      continue;
    }
    const equals = token.indexOf('=');
    const typed = equals === -1 ? token : token.slice(0, equals);
    const negated = typed.startsWith('--no-');
    const name = typed.replace(/^--no-|^-+/, '');
    let value = equals === -1 ? undefined : token.slice(equals + 1);
    const next = argv[index + 1];
    if (equals === -1 && valueFlags.has(name) && next !== undefined && !next.startsWith('-')) {
      value = next;
      index += 1;
    }
    scanned.flags.push({ typed, name, negated, value });
  }
  return scanned;
}

/**
 * Refuses flags that the command does not have, with the nearest one it has, and flags given twice:
 * which of two values was meant is not ours to guess. Values are never quoted back.
 */
export function checkFlags(given: readonly ScannedFlag[], known: readonly Flag[]): void {
  const byTyped = new Map<string, Flag>([['-h', { flag: '--help', summary: '' }]]);
  for (const flag of known) {
    byTyped.set(`--${flagName(flag)}`, flag);
    if (flag.negatable) byTyped.set(`--no-${flagName(flag)}`, flag);
  }
  const seen = new Set<Flag>();
  for (const { typed, value } of given) {
    const flag = byTyped.get(typed);
    if (!flag) {
      throw new AppError('invalid_usage', `There is no option ${typed}.`, {
        hint: didYouMean(typed, [...byTyped.keys()]),
      });
    }
    const name = flagName(flag);
    if (seen.has(flag)) throw new AppError('invalid_usage', `--${name} is given more than once.`);
    if (value !== undefined && !flag.flag.includes('<')) {
      throw new AppError('invalid_usage', `${typed} takes no value.`);
    }
    seen.add(flag);
  }
}

/** Arguments as cac should see them: every value marked as a string, empty ones too. */
export function guardArgv(argv: readonly string[]): string[] {
  return argv.map((token) => {
    if (isMarkable(token) || token === '') return STRING_MARK + token;
    return token.startsWith('--') ? token.replace('=', `=${STRING_MARK}`) : token;
  });
}

/** Undoes guardArgv on what cac made of an argument, or of a message that quotes one. */
export function unguard(value: unknown): unknown {
  return typeof value === 'string' ? value.replaceAll(STRING_MARK, '') : value;
}
