import { AppError } from '../contract/errors.ts';

/** Largest file of variables that is read, in characters: a real one has under 2 KB. */
const MAX_FILE_CHARS = 64 * 1_024;

const LINE = /^(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*)$/;

/** The value of a line without its quotes; undefined for what is no whole value. */
function unquote(text: string): string | undefined {
  const quoted = /^(["'])(.*)\1\s*(?:#.*)?$/.exec(text);
  if (quoted) {
    const [, quote, inner = ''] = quoted;
    if (inner.includes(quote ?? '')) return undefined;
    // An escape would mean one thing to one reader of such files and another to the next.
    return quote === '"' && inner.includes('\\') ? undefined : inner;
  }
  if (/^["']/.test(text)) return undefined;
  return text.replace(/\s+#.*$/, '').trim();
}

/**
 * The variables of a dotenv file: `NAME=value` a line, quotes and `export` allowed, `#` for comments;
 * no escapes, no values over lines, no references, since each reader of such files has its own idea
 * of them. Throws `invalid_config` with the number of a line that is none of these, never its text.
 */
export function parseDotenv(path: string, source: string): Map<string, string> {
  if (source.length > MAX_FILE_CHARS) {
    throw new AppError('invalid_config', `${path} is over ${MAX_FILE_CHARS} characters.`);
  }
  const variables = new Map<string, string>();
  for (const [index, line] of source
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .entries()) {
    const text = line.trim();
    if (text === '' || text.startsWith('#')) continue;
    const [, name, rest] = LINE.exec(text) ?? [];
    const value = rest === undefined ? undefined : unquote(rest);
    if (name === undefined || value === undefined) {
      throw new AppError('invalid_config', `Line ${index + 1} of ${path} is no NAME=value.`);
    }
    if (variables.has(name)) {
      throw new AppError('invalid_config', `${path} sets ${name} twice.`);
    }
    variables.set(name, value);
  }
  return variables;
}
