import { readFile } from 'node:fs/promises';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { agentInspection, type CreatedTenant } from '../../contract/api.ts';
import { PONG } from '../../contract/frames.ts';
import { liveFrame } from '../../contract/live.ts';
import { LocalAdmin } from '../../local/runner/admin.ts';
import { inspect, newTenant } from '../support/agents.ts';
import { launchBrowser } from '../support/browser.ts';
import { focusedName, tabTo } from '../support/keyboard.ts';
import { newOperator, type TestOperator } from '../support/operators.ts';
import { barriers, DESKTOP, visit, type CheckedWindow } from '../support/page-checks.ts';

/** A wake of the real OpenClaw on a busy machine, or its snapshot, ms. */
const WAKE_TIMEOUT_MS = 400_000;
/** Pings while a page is open on an agent that is asleep. */
const PINGS = 3;

const COMMANDS = ['wake', 'sleep', 'restart', 'flush', 'snapshots'];

describe('the agent’s page', () => {
  const system = inject('system');
  let browser: Browser;
  let tenant: CreatedTenant;
  let viewer: TestOperator;
  let maintainer: TestOperator;
  let admin: TestOperator;
  let window: CheckedWindow;
  let page: Page;

  beforeAll(async () => {
    [browser, tenant, viewer, maintainer, admin] = await Promise.all([
      launchBrowser(),
      newTenant(system.url),
      newOperator(system, 'viewer'),
      newOperator(system, 'maintainer'),
      newOperator(system, 'admin'),
    ]);
    window = await maintainer.open(browser);
    page = await window.newPage();
  });
  afterAll(() => browser?.close());

  const at = (path = '', reference = tenant.slug): string =>
    `${maintainer.url}/admin/agents/${reference}${path}`;
  const button = (name: string | RegExp) => page.getByRole('button', { name, exact: true });
  const heading = (name: RegExp) => page.getByRole('heading', { name });
  const isLive = (shown: Page) => shown.getByText('Live', { exact: true }).waitFor();
  const life = async () => {
    const { agent, container } = await inspect(system.url, tenant.id);
    return { state: agent.state, generation: agent.generation, running: container.running };
  };

  /** Has something happen that wakes nothing: one entry of the timeline. */
  const change = (internet: boolean) =>
    new LocalAdmin(system.url).call('PATCH', `/tenants/${tenant.id}`, { internet });

  /** Opens the agent's page and has its line answer some pings. */
  async function look(): Promise<void> {
    const opened = page.waitForEvent('websocket', (socket) => socket.url().includes('/live'));
    await page.goto(at());
    const socket = await opened;
    await isLive(page);
    for (let pings = 0; pings < PINGS; pings += 1) {
      const pong = socket.waitForEvent('framereceived', ({ payload }) => payload === PONG);
      // A page that is looked at again tries its line at once.
      await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
      await pong;
    }
  }

  it('shows a viewer all that is to be seen and nothing to press; the server refuses the rest', async () => {
    const looking = await viewer.open(browser);
    const shown = await looking.newPage();
    for (const path of ['', '/raw']) {
      await visit(shown, at(path).replace(maintainer.url, viewer.url));
      await isLive(shown);
      expect([path, await barriers(shown)]).toEqual([path, []]);
      for (const name of ['Wake', 'Sleep', 'Restart', 'Snapshot', 'Flush']) {
        expect(await shown.getByRole('button', { name, exact: true }).count()).toBe(0);
      }
    }
    const tabs = await shown.getByRole('navigation', { name: 'Of this agent' }).innerText();
    expect(tabs).toContain('Timeline');
    expect(tabs).not.toContain('Logs');
    for (const command of COMMANDS) {
      const { status } = await viewer.ask(`/agents/${tenant.id}/${command}`, { method: 'POST' });
      expect([command, status]).toEqual([command, 403]);
    }
    const { status } = await viewer.ask(`/agents/${tenant.id}/sandbox`);
    expect([status, looking.problems]).toEqual([200, []]);
    await looking.close();
  });

  it('says why what makes no sense now does not', async () => {
    await visit(page, at());
    await isLive(page);
    expect(await button('Restart').getAttribute('aria-disabled')).toBe('true');
    await button('Restart').click({ force: true });
    await page.getByRole('status').getByText('It is asleep: Wake starts it.').waitFor();
    expect(await page.getByRole('alertdialog').count()).toBe(0);
  });

  it('stands still when it is paused, and counts the news', async () => {
    await visit(page, at('/timeline'));
    await isLive(page);
    await button('Pause what is shown').click();
    await change(true);
    await button('Resume: 1 new').waitFor();
    const record = page.getByText('The tenant’s record came into force');
    expect(await record.count()).toBe(1);
    await button('1 new').click();
    await page.getByText('version 2').waitFor();
    expect(await record.count()).toBe(2);
    await page.getByRole('link', { name: 'Errors' }).click();
    await page.getByRole('heading', { name: 'None of these' }).waitFor();
    expect(new URL(page.url()).search).toBe('?kind=errors');
  });

  it('does not wake an agent that is looked at', async () => {
    await look();
    await heading(/^Never woken/).waitFor();
    expect(await life()).toEqual({ state: 'asleep', generation: 0, running: false });
  });

  it('wakes it, and the stages are seen as they come', { timeout: WAKE_TIMEOUT_MS }, async () => {
    const opened = page.waitForEvent('websocket', (socket) => socket.url().includes('/live'));
    await visit(page, at());
    const states: string[] = [];
    (await opened).on('framereceived', ({ payload }) => {
      const frame = liveFrame.safeParse(payload === PONG ? null : JSON.parse(String(payload)));
      if (frame.data?.t === 'live') states.push(frame.data.inspection.agent.state);
    });
    await isLive(page);
    await tabTo(page, 'Wake');
    await page.keyboard.press('Enter');
    await page.getByRole('progressbar', { name: 'The wake' }).waitFor();
    const stages = page.getByRole('list', { name: 'Stages of the wake' });
    await stages.getByText('Booting OpenClaw').waitFor();
    await heading(/^Booting for/).waitFor({ timeout: WAKE_TIMEOUT_MS });
    await heading(/^Ready for/).waitFor({ timeout: WAKE_TIMEOUT_MS });
    expect([...new Set(states)]).toEqual(['starting', 'booting', 'ready']);
    expect(await life()).toEqual({ state: 'ready', generation: 1, running: true });
    await page.getByRole('meter', { name: 'Memory' }).waitFor();
    expect(await barriers(page)).toEqual([]);
  });

  it('asks before a restart, and gives the focus back to who thought better of it', async () => {
    await tabTo(page, 'Restart');
    await page.keyboard.press('Enter');
    await page.getByRole('alertdialog').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('alertdialog').waitFor({ state: 'detached' });
    await expect.poll(() => focusedName(page)).toBe('Restart');
    await page.keyboard.press('Enter');
    await page.getByRole('alertdialog').waitFor();
    expect(await barriers(page)).toEqual([]);
    await button('Cancel').click();
  });

  it('saves it, and tells of that', { timeout: WAKE_TIMEOUT_MS }, async () => {
    await page.getByRole('link', { name: 'Timeline' }).click();
    await button('Snapshot').click();
    await page.getByRole('status').getByText('A snapshot is being made.').waitFor();
    await page.getByText('Snapshot stored').waitFor({ timeout: WAKE_TIMEOUT_MS });
    await page.getByText('Generation 1').waitFor();
    expect(await barriers(page)).toEqual([]);
  });

  it('keeps rows from jumping under who reads further down', async () => {
    await page.setViewportSize({ width: DESKTOP.width, height: 300 });
    await page.getByText('Without a sandbox').scrollIntoViewIfNeeded();
    const record = page.getByText('The tenant’s record came into force');
    const before = await record.count();
    await change(false);
    await button('1 new').waitFor();
    expect(await record.count()).toBe(before);
    await button('1 new').click();
    await page.getByText('version 3').waitFor();
    expect(await button('1 new').count()).toBe(0);
    await page.setViewportSize(DESKTOP);
  });

  it('puts it to sleep, and shows its last state with its age, which no look changes', async () => {
    await page.getByRole('link', { name: 'State', exact: true }).click();
    await button('Sleep').click();
    await heading(/^Falling asleep|^Draining|^Asleep/).waitFor();
    await heading(/^Asleep for/).waitFor({ timeout: WAKE_TIMEOUT_MS });
    await look();
    await heading(/^Asleep for \d+/).waitFor();
    await page.getByText('Below is its last state').waitFor();
    expect(await life()).toEqual({ state: 'asleep', generation: 1, running: false });
  });

  it('hands out all of it as JSON', async () => {
    await visit(page, at('/raw'));
    const downloading = page.waitForEvent('download');
    await button('Download').click();
    const download = await downloading;
    const text = await readFile(await download.path(), 'utf8');
    expect(agentInspection.parse(JSON.parse(text)).slug).toBe(tenant.slug);
    expect(download.suggestedFilename()).toMatch(/\.json$/);
    expect(window.problems).toEqual([]);
  });

  it('of the system’s own agent offers no sandbox; an admin flushes it', async () => {
    const opened = await admin.open(browser);
    const shown = await opened.newPage();
    await visit(shown, at('', 'system').replace(maintainer.url, admin.url));
    await isLive(shown);
    await shown.getByText('It has no sandbox').waitFor();
    for (const name of ['Wake', 'Sleep', 'Restart', 'Snapshot']) {
      expect(await shown.getByRole('button', { name, exact: true }).count()).toBe(0);
    }
    await shown.getByRole('button', { name: 'Flush' }).click();
    await shown.getByRole('status').getByText('written to D1').waitFor();
    await shown.goto(at('', 'nobody-is-here').replace(maintainer.url, admin.url));
    await shown.getByRole('heading', { name: 'This is not here' }).waitFor();
    await opened.close();
  });
});
