/** Fields of an entry that are shown in a list, and where it stands alone; the raw JSON has them all. */
export const MAX_FIELDS = { listed: 5, alone: 60 };
/** Longest value that is shown, in characters. */
const MAX_VALUE_CHARS = 160;
/** How deep objects are looked into; what lies deeper is shown as JSON. */
const MAX_DEPTH = 3;

/** A field that an entry says, by its path; null where it was, or is, not there. */
export interface FieldChange {
  path: string;
  before: string | null;
  after: string | null;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The fields of a value by their paths, such as `limits.maxSessions`. */
function fieldsOf(value: unknown, path = '', depth = 0): [string, unknown][] {
  if (value === null || value === undefined) return path === '' ? [] : [[path, value]];
  if (!isObject(value) || depth === MAX_DEPTH || Object.keys(value).length === 0) {
    return [[path, value]];
  }
  return Object.entries(value).flatMap(([name, field]) =>
    fieldsOf(field, path === '' ? name : `${path}.${name}`, depth + 1),
  );
}

/** The first moment that is taken for one, UTC ms: the numbers of versions and limits are smaller. */
const FIRST_MOMENT = Date.UTC(2020, 0, 1);
const isMoment = (path: string, value: unknown): value is number =>
  path.endsWith('At') && Number.isInteger(value) && Number(value) >= FIRST_MOMENT;

/** A value as people read it. */
function valueWords(path: string, value: unknown): string {
  if (value === null || value === undefined) return 'none';
  if (isMoment(path, value)) return new Date(value).toISOString();
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > MAX_VALUE_CHARS ? `${text.slice(0, MAX_VALUE_CHARS)}…` : text;
}

/** What an entry says that was otherwise before, in the order in which it says it. */
export function changesOf(before: unknown, after: unknown): FieldChange[] {
  const was = new Map(fieldsOf(before));
  const is = new Map(fieldsOf(after));
  const changes: FieldChange[] = [];
  for (const path of new Set([...was.keys(), ...is.keys()])) {
    const [old, now] = [was.get(path), is.get(path)];
    if (was.has(path) && is.has(path) && JSON.stringify(old) === JSON.stringify(now)) continue;
    changes.push({
      path,
      before: was.has(path) ? valueWords(path, old) : null,
      after: is.has(path) ? valueWords(path, now) : null,
    });
  }
  return changes;
}
