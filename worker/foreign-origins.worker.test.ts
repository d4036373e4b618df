import { beforeAll, describe, expect, it } from 'vitest';
import { errorBody } from '../contract/errors.ts';
import { API_KEY_TEXT } from './doubles/agent.ts';
import { createProduction, type Production } from './doubles/production.ts';
import type { RouteSpec } from './route.ts';
import { ROUTES } from './routes/index.ts';

const ULID = '01HZZZZZZZZZZZZZZZZZZZZZZZ';
const CHANGES = ROUTES.filter(({ method }) => method !== 'GET');
const named = (specs: readonly RouteSpec[]): [string, RouteSpec][] =>
  specs.map((spec) => [`${spec.method} ${spec.path}`, spec]);
const pathOf = ({ path }: RouteSpec): string => path.replace(/:\w+/g, ULID);

/** What a browser says of a request that another site's page makes. */
const FOREIGN: Record<string, string>[] = [
  { origin: 'https://evil.example' },
  { origin: 'null' },
  // A sibling of the tenant's host is of the same site, and still a stranger.
  { origin: 'https://evil.streamkinetics.com', 'sec-fetch-site': 'same-site' },
  { 'sec-fetch-site': 'cross-site' },
  { 'sec-fetch-site': 'same-site' },
];

let world: Production;
let origin: string;
let slug: string;
let cookie: string;
beforeAll(async () => {
  world = await createProduction();
  ({ origin, slug } = await world.tenant());
  cookie = await world.signIn(origin);
});

async function seen(
  url: string,
  spec: RouteSpec,
  headers: Record<string, string>,
): Promise<[number, string]> {
  const response = await world.ask(url + pathOf(spec), { method: spec.method, headers });
  const text = await response.text();
  if (response.status < 400) return [response.status, ''];
  return [response.status, errorBody.parse(JSON.parse(text)).error.code];
}

describe('a change that rests on a member’s cookie', () => {
  const onTenants = CHANGES.filter(({ on }) => on.includes('tenant'));

  it('is one of more routes than none', () => {
    expect(onTenants.length).toBeGreaterThan(5);
    expect(cookie).toContain('__Host-sk_member=');
  });

  it.each(named(onTenants))('is refused to foreign pages: %s', async (_, spec) => {
    for (const headers of FOREIGN) {
      expect([headers, await seen(origin, spec, { cookie, ...headers })]).toEqual([
        headers,
        [403, 'cross_origin'],
      ]);
    }
    // Without a word of the browser a cookie proves nothing; signing in rests on none.
    if (spec.action === 'member.sign-in') return;
    expect(await seen(origin, spec, { cookie })).toEqual([403, 'cross_origin']);
    // And the own page is not refused for its origin.
    expect((await seen(origin, spec, { cookie, origin }))[1]).not.toBe('cross_origin');
    // The route above may have signed the member out.
    cookie = await world.signIn(origin);
  });
});

describe('a change that rests on Access, which keeps a cookie of its own', () => {
  it.each(named(CHANGES.filter(({ on }) => on.includes('system') || on.includes('by-path'))))(
    'is refused to foreign pages: %s',
    async (_, spec) => {
      const base = spec.on.includes('system')
        ? 'https://streamkinetics.com'
        : `https://api.streamkinetics.com/t/${slug}`;
      for (const headers of FOREIGN) {
        expect([headers, await seen(base, spec, { ...world.admin, ...headers })]).toEqual([
          headers,
          [403, 'cross_origin'],
        ]);
      }
    },
  );
});

describe('a socket', () => {
  const upgrade = { upgrade: 'websocket' };
  const open = async (url: string, headers: Record<string, string>): Promise<number> => {
    const response = await world.ask(`${url}/api/socket`, { headers: { ...upgrade, ...headers } });
    response.webSocket?.accept();
    return response.status;
  };

  it('of a member needs the Origin of its own host; there nothing else counts', async () => {
    expect(await open(origin, { cookie, origin })).toBe(101);
    const same = { 'sec-fetch-site': 'same-origin' };
    for (const headers of [{}, same, ...FOREIGN] as Record<string, string>[]) {
      expect([headers, await open(origin, { cookie, ...headers })]).toEqual([headers, 403]);
    }
  });

  it('of an operator needs no Origin, and takes no foreign one', async () => {
    const url = `https://api.streamkinetics.com/t/${slug}`;
    expect(await open(url, world.admin)).toBe(101);
    for (const headers of FOREIGN) {
      expect([headers, await open(url, { ...world.admin, ...headers })]).toEqual([headers, 403]);
    }
  });

  it('of a program is refused for what it is, not for its missing Origin', async () => {
    const authorization = `Bearer ${API_KEY_TEXT}`;
    const response = await world.ask(`${origin}/api/socket`, {
      headers: { ...upgrade, authorization },
    });
    expect(errorBody.parse(await response.json()).error.code).toBe('forbidden');
  });
});
