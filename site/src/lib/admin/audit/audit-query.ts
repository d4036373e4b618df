/** Parts of an entry that the address may ask for, each exactly. */
const EXACT = ['actor', 'action', 'target', 'tenant'] as const;
const FILTERS = [...EXACT, 'q', 'since', 'before'] as const;
const DAY_MS = 86_400_000;

/** The first moment of a day, UTC ms; null for what is none. */
function dayOf(text: string | null): number | null {
  const at = /^\d{4}-\d\d-\d\d$/.test(text ?? '') ? Date.parse(text ?? '') : Number.NaN;
  return Number.isNaN(at) ? null : at;
}

/** What the API is asked for the audit of an address. Its days are UTC, and the last one is included. */
export function auditQueryOf(search: URLSearchParams): Record<string, string | number | null> {
  const entry = search.get('entry');
  if (entry !== null) return { id: entry };
  const last = dayOf(search.get('before'));
  return {
    ...Object.fromEntries(EXACT.map((name) => [name, search.get(name)])),
    q: search.get('q'),
    since: dayOf(search.get('since')),
    before: last === null ? null : last + DAY_MS,
    cursor: search.get('cursor'),
  };
}

/** Whether an address narrows the audit down. */
export function isNarrowed(search: URLSearchParams): boolean {
  return FILTERS.some((name) => (search.get(name) ?? '') !== '');
}
