import { ask, type Answer } from '../../test/support/loopback.ts';
import type { PageSpec } from './pages.ts';

/** One answer and how long it took, from the request to its last byte, ms. */
export interface Timed {
  status: number;
  ms: number;
}

/** How a page answered each time, and each thing that it asked the API for. */
export interface PageLoads {
  name: string;
  path: string;
  loads: Timed[];
  calls: { path: string; loads: Timed[] }[];
}

const HEADERS = { accept: 'text/html' };
/** What SvelteKit writes into a page of each answer that it was rendered from. */
const FETCHED = /data-sveltekit-fetched data-url="([^"]+)"/g;
const NEXT_PAGE = /href="([^"]*[?&;]cursor=[^"]+)"/g;

const plain = (attribute: string): string => attribute.replaceAll('&amp;', '&');

async function timed(url: string, headers: Record<string, string> = {}): Promise<Timed> {
  const startedAt = performance.now();
  const { status } = await ask(url, { headers });
  return { status, ms: performance.now() - startedAt };
}

async function times(url: string, count: number, headers = {}): Promise<Timed[]> {
  const loads: Timed[] = [];
  for (let n = 0; n < count; n++) loads.push(await timed(url, headers));
  return loads;
}

/** Follows the links to the next page. Error when there are fewer pages. */
async function pathOf(origin: string, { path, pagesOn = 0 }: PageSpec): Promise<string> {
  let at = path;
  for (let n = 0; n < pagesOn; n++) {
    const { status, text } = await ask(origin + at, { headers: HEADERS });
    if (status !== 200) return at;
    const next = [...text.matchAll(NEXT_PAGE)].at(-1)?.[1];
    if (next === undefined) throw new Error(`${at} has no link to a next page`);
    at = plain(next);
  }
  return at;
}

function callsIn({ text }: Answer): string[] {
  return [...text.matchAll(FETCHED)].map(([, url = '']) => plain(url));
}

/** Loads a page, then each of its calls, `rounds` times each, one after the other. */
export async function loadPage(origin: string, spec: PageSpec, rounds: number): Promise<PageLoads> {
  const { name, asks = [] } = spec;
  const path = await pathOf(origin, spec);
  // The first load counts for nothing: what is made on a first look is made by it.
  const first = await ask(origin + path, { headers: HEADERS });
  const loads = await times(origin + path, rounds, HEADERS);
  const calls: PageLoads['calls'] = [];
  for (const call of new Set([...callsIn(first), ...asks])) {
    calls.push({ path: call, loads: await times(new URL(call, origin).href, rounds) });
  }
  return { name, path, loads, calls };
}
