/**
 * What MDN's HTTP Observatory would give an answer, by the headers and the HTML alone: its package
 * scans hosts that have a name and a certificate, which a test has not. These are its rules, in
 * words of our own, with its scores.
 * Source: github.com/mdn/mdn-http-observatory, src/grader/charts.js and src/analyzer/tests
 * (algorithm version 4), as of November 2026. Left out is what answers cannot show: certificates,
 * preload lists, and where http leads, which is a test of ours by itself.
 */

/** A page as a browser gets it. */
export interface Graded {
  url: string;
  headers: Headers;
  html: string;
}

/** From this score before any bonus on, bonuses count. */
const MIN_SCORE_FOR_BONUS = 90;
/** A+, in points. */
export const TOP_GRADE = 100;
/** The observatory's six months, s. */
const SIX_MONTHS_S = 15_552_000;

const BROAD = [
  '*',
  'http:',
  'https:',
  'ftp:',
  'http://*',
  'https://*',
  'http://*.*',
  'https://*.*',
];
const INLINE = ["'unsafe-inline'", 'data:'];
const PRIVATE_REFERRERS = [
  'no-referrer',
  'same-origin',
  'strict-origin',
  'strict-origin-when-cross-origin',
];

type Policy = Map<string, string[]>;

function parsePolicy(text: string): Policy {
  const directives = text
    .split(';')
    .map((directive) => directive.trim().toLowerCase().split(/\s+/))
    .filter(([name]) => name !== '');
  return new Map(directives.map(([name = '', ...sources]) => [name, sources]));
}

/** Of several policies each one holds; a directive of one of them is enough to have it. */
function policiesOf({ headers, html }: Graded): Policy[] {
  const inHeader = headers.get('content-security-policy')?.split(',') ?? [];
  const inMeta = [
    ...html.matchAll(/<meta http-equiv="content-security-policy" content="([^"]*)"/gi),
  ].map(([, content = '']) => {
    // HTML, "Content security policy state": these do nothing in a meta element.
    const policy = parsePolicy(content);
    for (const name of ['frame-ancestors', 'report-uri', 'sandbox']) policy.delete(name);
    return policy;
  });
  return [...inHeader.map(parsePolicy), ...inMeta];
}

/** The sources of a directive in the policies that have it or what it falls back to. */
function sourcesOf(policies: readonly Policy[], name: string, fallback?: string): string[] | null {
  const named = policies.map((policy) => policy.get(name) ?? policy.get(fallback ?? ''));
  const had = named.filter((sources) => sources !== undefined);
  return had.length === 0 ? null : had.flat();
}

/** Where nothing is said, everything is allowed. */
const or = (sources: string[] | null): string[] => sources ?? ['*'];

const hasAny = (sources: string[], wanted: string[]): boolean =>
  sources.some((source) => wanted.includes(source));

/** Beside a nonce or a digest `unsafe-inline` means nothing. */
function withoutInert(sources: string[]): string[] {
  const isInert = sources.some((source) => /^'(?:nonce|sha\d+)-/.test(source));
  return isInert ? sources.filter((source) => source !== "'unsafe-inline'") : sources;
}

function gradePolicy(page: Graded): number {
  const policies = policiesOf(page);
  if (policies.every((policy) => policy.size === 0)) return -25;
  const script = withoutInert(or(sourcesOf(policies, 'script-src', 'default-src')));
  const style = withoutInert(or(sourcesOf(policies, 'style-src', 'default-src')));
  const object = or(sourcesOf(policies, 'object-src', 'default-src'));
  if (hasAny(script, [...BROAD, ...INLINE]) || hasAny(object, BROAD)) return -20;
  const all = policies.flatMap((policy) => [...policy.values()].flat());
  if (all.some((source) => source.startsWith('http:') || source.startsWith('ftp:'))) return -20;
  if (hasAny([...script, ...style], ["'unsafe-eval'"])) return -10;
  if (hasAny(style, [...BROAD, ...INLINE])) return 0;
  return sourcesOf(policies, 'default-src')?.join(' ') === "'none'" ? 10 : 5;
}

function gradeFrames(page: Graded): number {
  if (policiesOf(page).some((policy) => policy.has('frame-ancestors'))) return 5;
  const value = page.headers.get('x-frame-options')?.trim().toLowerCase();
  return value === 'deny' || value === 'sameorigin' ? 0 : -20;
}

function gradeTransport({ url, headers }: Graded): number {
  const value = headers.get('strict-transport-security');
  if (!url.startsWith('https:') || value === null || value.includes(',')) return -20;
  const maxAge = /(?:^|;\s*)max-age=(\d+)/i.exec(value)?.[1];
  if (maxAge === undefined) return -20;
  return Number(maxAge) < SIX_MONTHS_S ? -10 : 0;
}

function gradeReferrer({ headers }: Graded): number {
  const value = headers.get('referrer-policy');
  if (value === null) return 0;
  const last = value.split(',').at(-1)?.trim().toLowerCase() ?? '';
  return PRIVATE_REFERRERS.includes(last) ? 5 : -5;
}

function gradeResources({ headers }: Graded): number {
  const value = headers.get('cross-origin-resource-policy');
  if (value === null || value === 'cross-origin') return 0;
  return value === 'same-origin' || value === 'same-site' ? 10 : -5;
}

function gradeSharing({ headers }: Graded): number {
  const origin = headers.get('access-control-allow-origin');
  const isForAll = headers.get('access-control-allow-credentials') === 'true' && origin !== '*';
  return origin !== null && isForAll ? -50 : 0;
}

const isSession = (cookie: string): boolean => /login|sess/.test(cookie.split('=', 1)[0] ?? '');

function gradeCookies({ headers }: Graded): number {
  const cookies = headers.getSetCookie().map((cookie) => cookie.toLowerCase());
  if (cookies.length === 0) return 0;
  if (cookies.some((cookie) => isSession(cookie) && !cookie.includes('; secure'))) return -40;
  if (cookies.some((cookie) => isSession(cookie) && !cookie.includes('; httponly'))) return -30;
  if (cookies.some((cookie) => !cookie.includes('; secure'))) return -20;
  return cookies.every((cookie) => /; samesite=(?:lax|strict)/.test(cookie)) ? 5 : 0;
}

/** Scripts of other origins need their digest; ours have none. */
function gradeScripts({ url, html }: Graded): number {
  const scripts = [...html.matchAll(/<script[^>]*\ssrc="([^"]*)"[^>]*>/gi)];
  const foreign = scripts.filter(
    ([, src = '']) => new URL(src, url).origin !== new URL(url).origin,
  );
  return foreign.some(([tag]) => !tag.includes('integrity=')) ? -50 : 0;
}

const sum = (values: number[]): number => values.reduce((total, value) => total + value, 100);

/** The points of each test of the observatory, and the score they make. */
export function gradePage(page: Graded): { score: number; points: Record<string, number> } {
  const points = {
    'content-security-policy': gradePolicy(page),
    cookies: gradeCookies(page),
    'cross-origin-resource-policy': gradeResources(page),
    'cross-origin-resource-sharing': gradeSharing(page),
    'referrer-policy': gradeReferrer(page),
    'strict-transport-security': gradeTransport(page),
    'subresource-integrity': gradeScripts(page),
    'x-content-type-options':
      page.headers.get('x-content-type-options')?.trim().toLowerCase() === 'nosniff' ? 0 : -5,
    'x-frame-options': gradeFrames(page),
  };
  const all = Object.values(points);
  const withoutBonus = sum(all.filter((value) => value < 0));
  return { score: withoutBonus >= MIN_SCORE_FOR_BONUS ? sum(all) : withoutBonus, points };
}
