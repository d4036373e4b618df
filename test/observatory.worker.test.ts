import { beforeAll, describe, expect, it } from 'vitest';
import { CONTENT_POLICY } from '../site/content-policy.ts';
import { createProduction, type Production } from '../worker/doubles/production.ts';
import { gradePage, TOP_GRADE, type Graded } from './observatory.ts';

const KEYWORDS = new Set(['self', 'none', 'unsafe-inline']);

/** The site's policy as SvelteKit writes it, with the nonce of the page's own scripts. */
function policyOf(scripts: string): string {
  return Object.entries(CONTENT_POLICY)
    .map(([name, sources]) => {
      const quoted = sources.map((source) => (KEYWORDS.has(source) ? `'${source}'` : source));
      return [name, ...quoted, ...(name === 'script-src' && scripts ? [scripts] : [])].join(' ');
    })
    .join('; ');
}

const SCRIPT = '<script nonce="abc" src="/_app/immutable/entry/start.js"></script>';

/** The site as far as headers go: rendered pages bring their policy as a header, prerendered ones within. */
const site = {
  fetch(request: Request): Response {
    const isPrerendered = new URL(request.url).pathname === '/';
    const policy = policyOf(isPrerendered ? '' : "'nonce-abc'");
    const meta = `<meta http-equiv="content-security-policy" content="${policy}">`;
    const html = `<html><head>${isPrerendered ? meta : SCRIPT}</head></html>`;
    const headers = new Headers({ 'content-type': 'text/html' });
    if (!isPrerendered) headers.set('content-security-policy', policy);
    return new Response(html, { headers });
  },
};

let world: Production;
let origin: string;
let cookie: string;
beforeAll(async () => {
  world = await createProduction();
  world.deps.site = site;
  ({ origin } = await world.tenant());
  cookie = await world.signIn(origin);
});

async function pageAt(url: string, headers: Record<string, string> = {}): Promise<Graded> {
  const response = await world.ask(url, { headers });
  expect(response.status).toBe(200);
  return { url, headers: response.headers, html: await response.text() };
}

const PAGES: [string, () => Promise<Graded>][] = [
  ['the public page', () => pageAt('https://streamkinetics.com/')],
  ['the chat', () => pageAt(`${origin}/chat`, { cookie })],
  ['an invite’s page', () => pageAt(`${origin}/join/an-invite-token`)],
  ['the admin page', () => pageAt('https://streamkinetics.com/admin', world.admin)],
];

describe('the observatory', () => {
  it.each(PAGES)('gives %s an A+', async (_, read) => {
    const { score, points } = gradePage(await read());
    expect([points, score >= TOP_GRADE]).toEqual([points, true]);
    expect(points['content-security-policy']).toBe(10);
    expect(score).toBe(130);
  });

  it('gives the cookie of a member the best it has', async () => {
    const page = await pageAt(`${origin}/chat`);
    page.headers.append('set-cookie', `${cookie}; Path=/; HttpOnly; SameSite=Lax; Secure`);
    expect(gradePage(page).points['cookies']).toBe(5);
  });

  it.each([
    ['strict-transport-security', 80],
    ['x-content-type-options', 125],
    ['referrer-policy', 125],
    ['cross-origin-resource-policy', 120],
    ['content-security-policy', 75],
  ])('would notice a missing %s', async (name, score) => {
    const page = await pageAt(`${origin}/chat`, { cookie });
    page.headers.delete(name);
    expect(gradePage(page).score).toBe(score);
  });

  it.each([
    ["script-src 'unsafe-inline'", -20],
    ["script-src 'self' https:; object-src 'none'", -20],
    ["default-src 'self' 'unsafe-eval'", -10],
    ["default-src 'self'; img-src http://x.example", -20],
    ["default-src 'self'; style-src 'unsafe-inline'", 0],
    ["default-src 'self'", 5],
    ["default-src 'none'", 10],
  ])('grades the policy %s as it does', (policy, points) => {
    const headers = new Headers({ 'content-security-policy': policy });
    const graded = gradePage({ url: 'https://x.example/', headers, html: '' });
    expect(graded.points['content-security-policy']).toBe(points);
  });
});
