import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { healthChecks, type CreatedTenant } from '../../contract/api.ts';
import { overviewView, type Overview } from '../../contract/overview.ts';
import { signInCookie } from '../support/access-stand-in.ts';
import { newTenant } from '../support/agents.ts';
import { launchBrowser } from '../support/browser.ts';
import { focusedName, tabTo } from '../support/keyboard.ts';
import { ask } from '../support/loopback.ts';
import { newOperator, type TestOperator } from '../support/operators.ts';
import { barriers, visit, type CheckedWindow } from '../support/page-checks.ts';

/** The page looks again this often, ms. */
const LOOK_EVERY_MS = 30_000;

/** The edge writes what it refused every ten seconds, and at an operator's look; longer is lost, ms. */
const COUNTED_TIMEOUT_MS = 20_000;

describe('the overview and the health of the system, in a browser', () => {
  const system = inject('system');
  let browser: Browser;
  let tenant: CreatedTenant;
  let operators: Record<'viewer' | 'maintainer' | 'admin', TestOperator>;
  let window: CheckedWindow;

  beforeAll(async () => {
    [browser, tenant] = await Promise.all([launchBrowser(), newTenant(system.url)]);
    operators = {
      viewer: await newOperator(system, 'viewer'),
      maintainer: await newOperator(system, 'maintainer'),
      admin: await newOperator(system, 'admin'),
    };
    window = await operators.viewer.open(browser);
  });
  afterAll(() => browser?.close());

  async function open(path: string): Promise<Page> {
    const page = await window.newPage();
    await visit(page, operators.viewer.url + path);
    return page;
  }

  async function overview(): Promise<Overview> {
    const answer = await operators.viewer.ask('/overview');
    expect(answer.status).toBe(200);
    return overviewView.parse(answer.json());
  }

  it('are for every role, and for nobody else', async () => {
    for (const { ask: askAs, open: openAs, url } of Object.values(operators)) {
      expect((await askAs('/overview')).status).toBe(200);
      expect([200, 503]).toContain((await askAs('/health')).status);
      const context = await openAs(browser);
      const page = await context.newPage();
      for (const [path, title] of [
        ['/admin', 'Overview'],
        ['/admin/health', 'Health'],
      ] as const) {
        await page.goto(url + path);
        await page.getByRole('heading', { level: 1, name: title }).waitFor();
      }
      expect(context.problems).toEqual([]);
      await context.close();
    }
    // Somebody whom Access lets in and who is no operator.
    const cookie = `CF_Authorization=${await signInCookie(system.accessJwk, 'x@example.com')}`;
    for (const path of ['/admin', '/admin/health', '/admin/api/overview', '/admin/api/health'])
      expect((await ask(system.accessUrl + path, { headers: { cookie } })).status).toBe(403);
  });

  it('count a refused request, and show its route and not who asked', async () => {
    const route = '/api/sessions';
    const refused = ({ refusals }: Overview): number =>
      refusals.byRoute.find((one) => one.route === route && one.status === 401)?.today ?? 0;
    const before = refused(await overview());
    // So many that the route is among those that are listed, whatever other flows were refused.
    const times = 60;
    for (let n = 0; n < times; n += 1) {
      expect((await ask(`${tenant.url}${route}?from=somebody`)).status).toBe(401);
    }
    const isCounted = async () => refused(await overview()) >= before + times;
    await expect.poll(isCounted, { timeout: COUNTED_TIMEOUT_MS }).toBe(true);
    const page = await open('/admin');
    const row = page.getByRole('row').filter({ hasText: `${route} 401` });
    await row.getByText('not signed in').waitFor();
    expect(await page.content()).not.toContain('somebody');
    await page.close();
  });

  it('say how many agents are in each state, lead to them by keyboard, and have no barrier', async () => {
    const { agents, tenants } = await overview();
    const known = agents.states.reduce((sum, { count }) => sum + count, 0) + agents.unheard;
    expect(known).toBe(tenants.reduce((sum, { count }) => sum + count, 0));
    expect(known).toBeGreaterThan(0);
    const page = await open('/admin');
    await tabTo(page, /^Asleep \d/);
    const focused = page.locator(':focus');
    expect(await focused.getAttribute('href')).toBe('/admin/tenants?state=asleep');
    expect(await barriers(page)).toEqual([]);
    await page.close();
  });

  it('are read again while the page is seen, and older numbers say that they are', async () => {
    const page = await window.newPage();
    await page.clock.install();
    await visit(page, `${operators.viewer.url}/admin`);
    const read = page.waitForResponse(/\/admin\/api\/overview$/);
    await page.clock.fastForward(LOOK_EVERY_MS + 1);
    expect((await read).status()).toBe(200);
    expect(await page.getByText('The last try failed').count()).toBe(0);
    await page.route('**/admin/api/overview', (route) => route.abort());
    await page.clock.fastForward(LOOK_EVERY_MS + 1);
    await page.getByText('The last try failed').waitFor();
    await page.getByRole('heading', { name: 'Refused requests' }).waitFor();
    await page.close();
  });

  it('try every binding for real, and again by keyboard', async () => {
    const page = await open('/admin/health');
    for (const name of ['D1', 'KV', 'R2', 'Agents', 'AI Gateway'])
      await page.getByRole('heading', { name, exact: true }).waitFor();
    const answer = page.waitForResponse(/\/admin\/api\/health$/);
    await tabTo(page, 'Check again');
    await page.keyboard.press('Enter');
    const { checks } = healthChecks.parse(await (await answer).json());
    expect(checks).toHaveLength(5);
    await page.getByRole('button', { name: 'Check again' }).waitFor();
    expect(await focusedName(page)).toBe('Check again');

    const failing = { name: 'r2', ok: false, message: 'It failed.', fix: 'Mend it.', ms: 3 };
    await page.route('**/admin/api/health', (route) =>
      route.fulfill({ status: 503, json: { ok: false, versionId: null, checks: [failing] } }),
    );
    await page.keyboard.press('Enter');
    await page.getByRole('status').getByText('1 of 1 fail').waitFor();
    await page.getByText('Mend it.').waitFor();
    expect(await barriers(page)).toEqual([]);
    await page.close();
    expect(window.problems).toEqual([]);
  });
});
