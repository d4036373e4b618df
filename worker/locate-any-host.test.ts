import { domainToASCII } from 'node:url';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { hostOf, normaliseHost } from './host-name.ts';
import { locate, type Place } from './locate.ts';

const platforms = ['streamkinetics.com', 'other.example'];
const APEXES = platforms;
const APIS = platforms.map((platform) => `api.${platform}`);
/** Hosts of tenants, each of another one. */
const HOSTS = ['acme.streamkinetics.com', 'acme.other.example', 'chat.customer.example'];
const ALL = [...APEXES, ...APIS, ...HOSTS];

/** What may stand around or instead of a piece of a host without being it. */
const noise = fc.constantFrom(
  '',
  '.',
  '..',
  ':',
  ':80',
  ':8787',
  '@',
  '/',
  '\\',
  '#',
  '?',
  '%2e',
  '%00',
  '\t',
  ' ',
  '\r\n',
  '*',
  '_',
  '-',
  'xn--',
  '。',
  '．',
  'İ',
  'ß',
  'ａ',
  '\u00ad',
  '\u200b',
  '[',
  ']',
  '0',
  'x',
  'a.',
);
const piece = fc.oneof(
  fc.constantFrom(...ALL),
  fc.constantFrom('acme', 'api', 'streamkinetics', 'com', '.com', '.streamkinetics.com'),
  noise,
  fc.string({ unit: 'binary', maxLength: 4 }),
);
const upperSome = (text: string, mask: number): string =>
  [...text].map((char, at) => ((mask >> (at % 30)) & 1 ? char.toUpperCase() : char)).join('');
/** Any Host header: hosts that are known, with things around them, and anything at all. */
const anyHost = fc.oneof(
  fc
    .tuple(fc.constantFrom(...ALL), fc.constantFrom('', '.', ':80', '.:8787'), fc.nat(2 ** 30 - 1))
    .map(([host, after, mask]) => upperSome(host, mask) + after),
  fc
    .tuple(noise, fc.constantFrom(...ALL), noise, fc.nat(2 ** 30 - 1))
    .map(([before, host, after, mask]) => before + upperSome(host, mask) + after),
  fc.array(piece, { maxLength: 5 }).map((parts) => parts.join('')),
);
const slug = fc.constantFrom(
  'acme',
  'beta',
  'Acme',
  '%61cme',
  'acme%2fapi',
  'acme%00',
  '%2e%2e',
  '..',
  '',
  'acme.',
  'acme?x',
);
const segment = fc.oneof(fc.constantFrom('t', 'api', 'me', 'T', '%74'), slug, fc.string());
const anyPath = fc.oneof(
  fc.array(segment, { maxLength: 6 }).map((parts) => `/${parts.join('/')}`),
  fc
    .tuple(slug, fc.array(segment, { maxLength: 4 }))
    .map(([name, rest]) => ['/t', name, ...rest].join('/')),
  fc.webPath().map((path) => `/${path}`),
);

/** What a host is by the letter: without its port and last dot, in lower case and punycode. */
function plainly(raw: string): string {
  return domainToASCII(
    raw
      .replace(/:\d*$/, '')
      .replace(/[.。．｡]$/, '')
      .toLowerCase(),
  );
}

/** The tenant's host that a request is taken for, as far as one of those that exist is meant. */
function hostMeant(place: Place): string | null {
  if (place.kind === 'tenant') return place.hostname;
  return place.kind === 'by-path' ? `${place.slug}.${place.platform}` : null;
}

it('no Host header reaches a host that it does not spell', () => {
  let reached = 0;
  fc.assert(
    fc.property(anyHost, anyPath, (raw, path) => {
      const hostname = normaliseHost(raw);
      if (hostname === null) return;
      const place = locate(hostname, path, { platforms, devMode: false });
      // What the place stands for is spelt by the header alone, and by nothing within it.
      const spelt = place.kind === 'tenant' ? place.hostname : hostname;
      expect(spelt).toBe(hostname);
      if (!ALL.includes(hostname)) return;
      reached += 1;
      expect(plainly(raw)).toBe(hostname);
    }),
    { numRuns: 300 },
  );
  expect(reached).toBeGreaterThan(10);
});

it('only the system’s own hosts are the system, and only api. has paths of tenants', () => {
  fc.assert(
    fc.property(anyHost, anyPath, (raw, path) => {
      const hostname = normaliseHost(raw);
      if (hostname === null) return;
      const place = locate(hostname, path, { platforms, devMode: false });
      if (place.kind === 'tenant') expect([...APEXES, ...APIS]).not.toContain(hostname);
      else {
        expect(place.platform).toBe(hostname.replace(/^api\./, ''));
        if (place.kind === 'by-path') expect(APIS).toContain(hostname);
      }
    }),
    { numRuns: 300 },
  );
});

it('no path reaches a tenant that its own third segment does not name', () => {
  fc.assert(
    fc.property(fc.constantFrom(...APIS, ...APEXES, ...HOSTS), anyPath, (host, path) => {
      const url = URL.parse(`https://${host}${path}`);
      if (url === null || hostOf(url) !== host) return;
      const place = locate(host, url.pathname, { platforms, devMode: false });
      const meant = hostMeant(place);
      if (place.kind !== 'by-path') {
        expect(meant === null || meant === host).toBe(true);
        return;
      }
      const [, t, slug, ...rest] = url.pathname.split('/');
      expect([t, slug]).toEqual(['t', place.slug]);
      expect(meant).toBe(`${slug}.${host.slice('api.'.length)}`);
      expect(place.path).toBe(`/${rest.join('/')}`);
    }),
    { numRuns: 300 },
  );
});

it('with DEV_MODE, a local name means the one tenant that it names', () => {
  const label = fc.stringMatching(/^[a-z0-9](?:[a-z0-9-]{0,8}[a-z0-9])?$/);
  fc.assert(
    fc.property(fc.array(label, { minLength: 1, maxLength: 4 }), (labels) => {
      const name = labels.join('.');
      const place = locate(`${name}.localhost`, '/', { platforms, devMode: true });
      if (place.kind !== 'tenant') {
        expect(['api', ...APEXES, ...APIS]).toContain(name);
        return;
      }
      expect(place.hostname).toBe(labels.length === 1 ? `${name}.${platforms[0]}` : name);
    }),
    { numRuns: 200 },
  );
});
