import {
  AGENT_SORTS,
  defaultOrder,
  type AgentSort,
  type ListOrder,
} from '../../../../../contract/agent-list.ts';

/** What narrows the list down. */
const FILTERS = ['q', 'platform', 'tier', 'status', 'state', 'attention'] as const;
const ASKED = [...FILTERS, 'sort', 'order', 'cursor'] as const;

/** What the API is asked for the list of an address. */
export function tenantQuery(search: URLSearchParams): Record<string, string | null> {
  return Object.fromEntries(ASKED.map((name) => [name, search.get(name)]));
}

/** Whether an address narrows the list down. */
export function isNarrowed(search: URLSearchParams): boolean {
  return FILTERS.some((name) => (search.get(name) ?? '') !== '');
}

/** How the list of an address is sorted. */
export function sortingOf(search: URLSearchParams): { sort: AgentSort; order: ListOrder } {
  const sort = AGENT_SORTS.find((name) => name === search.get('sort')) ?? 'created';
  const order = search.get('order');
  return { sort, order: order === 'asc' || order === 'desc' ? order : defaultOrder(sort) };
}

/** The address without filters, sorted as it was. */
export function withoutFilters(url: URL): string {
  const search = new URLSearchParams(url.search);
  for (const name of [...FILTERS, 'cursor']) search.delete(name);
  const text = search.toString();
  return text === '' ? url.pathname : `${url.pathname}?${text}`;
}
