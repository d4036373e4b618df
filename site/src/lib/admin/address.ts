/**
 * The address of the same page with some of its parameters changed: null and '' take one away. A change
 * of a filter begins with the first page again, unless `cursor` is what changes.
 */
export function addressWith(url: URL, changes: Record<string, string | null>): string {
  const search = new URLSearchParams(url.search);
  if (!('cursor' in changes)) search.delete('cursor');
  for (const [name, value] of Object.entries(changes)) {
    if (value === null || value === '') search.delete(name);
    else search.set(name, value);
  }
  const text = search.toString();
  return text === '' ? url.pathname : `${url.pathname}?${text}`;
}

/** A query for the API out of what is known; what is null or '' is not asked. */
export function queryOf(values: Record<string, string | number | null | undefined>): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) {
    if (value !== null && value !== undefined && value !== '') search.set(name, String(value));
  }
  const text = search.toString();
  return text === '' ? '' : `?${text}`;
}
