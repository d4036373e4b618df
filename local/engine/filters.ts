import { z } from 'zod';
import { ApiError } from './api-error.ts';

/** What a listing may be narrowed by. Absent means: no condition. */
export interface Filters {
  label?: string[];
  name?: string[];
}

const values = z.union([
  z.array(z.string()),
  z.record(z.string(), z.boolean()).transform((set) => Object.keys(set)),
]);
const schema = z.strictObject({ label: values.optional(), name: values.optional() });

/**
 * Reads the `filters` query parameter, a JSON object of lists. A filter that is not understood is
 * refused: answering with more containers than were asked for makes the caller delete somebody else's.
 */
export function parseFilters(query: string | null): Filters {
  if (query === null || query === '') return {};
  try {
    return schema.parse(JSON.parse(query));
  } catch {
    throw new ApiError(400, 'filters: only label and name, each a list of strings');
  }
}

/** Labels must all match (`key` or `key=value`), of the names one must be contained. */
export function matches(
  container: { name: string; labels: Record<string, string> },
  filters: Filters,
): boolean {
  const labelled = (filters.label ?? []).every((wanted) => {
    const cut = wanted.indexOf('=');
    const key = cut < 0 ? wanted : wanted.slice(0, cut);
    if (!Object.hasOwn(container.labels, key)) return false;
    return cut < 0 || container.labels[key] === wanted.slice(cut + 1);
  });
  const named = !filters.name?.length || filters.name.some((part) => container.name.includes(part));
  return labelled && named;
}
