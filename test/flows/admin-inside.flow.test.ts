import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { z } from 'zod';
import type { CreatedTenant } from '../../contract/api.ts';
import { auditList } from '../../contract/audit.ts';
import type { SessionView } from '../../contract/frames.ts';
import { snapshotView } from '../../contract/snapshots.ts';
import { LocalAdmin } from '../../local/runner/admin.ts';
import { asleep, inspect, newTenant, untilAgent } from '../support/agents.ts';
import { launchBrowser } from '../support/browser.ts';
import { focusedName, tabTo } from '../support/keyboard.ts';
import { MemberClient } from '../support/member.ts';
import { Device, OpenClawApp } from '../support/openclaw-app.ts';
import { newOperator, type TestOperator } from '../support/operators.ts';
import { barriers, visit, type CheckedWindow } from '../support/page-checks.ts';
import { newApiKey } from '../support/program.ts';

/** A wake of the real OpenClaw and its first words, on a busy machine, ms. */
const WAKE_TIMEOUT_MS = 400_000;
const TABS = ['calls', 'sessions', 'snapshots', 'schedules', 'devices', 'logs'] as const;
const SCOPES = ['operator.read', 'operator.write'];

describe('the inside of an agent, on its page', () => {
  const system = inject('system');
  const admin = new LocalAdmin(system.url);
  const roles = ['viewer', 'maintainer', 'admin'] as const;
  const operators = {} as Record<(typeof roles)[number], TestOperator>;
  const windows = {} as Record<(typeof roles)[number], CheckedWindow>;
  let browser: Browser;
  let tenant: CreatedTenant;
  let owner: MemberClient;
  let session: SessionView;
  let page: Page;

  const at = (tab: string, of: TestOperator = operators.maintainer): string =>
    `${of.url}/admin/agents/${tenant.slug}/${tab}`;
  const button = (name: string | RegExp) => page.getByRole('button', { name });
  async function audited(who: TestOperator, action: string): Promise<unknown[]> {
    const query = new URLSearchParams({ tenant: tenant.id, actor: who.email, action });
    const found = await admin.call('GET', `/audit?${query.toString()}`);
    return auditList.parse(found).entries.map(({ target }) => target);
  }
  const send = (text: string): Promise<unknown> =>
    owner.call('POST', `/api/sessions/${session.id}/turns`, { id: crypto.randomUUID(), text });

  beforeAll(async () => {
    [browser, tenant] = await Promise.all([launchBrowser(), newTenant(system.url)]);
    for (const role of roles) {
      operators[role] = await newOperator(system, role);
      windows[role] = await operators[role].open(browser);
    }
    const { invite } = await newTenantInvite();
    owner = await MemberClient.join(invite, 'Ada');
    session = await owner.createSession('Plan the week');
    await owner.call('POST', '/api/schedules', {
      name: 'Report',
      cron: '0 8 * * 1-5',
      timeZone: 'Europe/Lisbon',
      prompt: 'What only its owner reads.',
    });
    page = await windows.maintainer.newPage();
  });
  afterAll(() => browser?.close());

  async function newTenantInvite(): Promise<{ invite: string }> {
    const body = await admin.call('POST', `/tenants/${tenant.id}/invites`, { role: 'owner' });
    return { invite: z.object({ url: z.string() }).parse(body).url };
  }

  it('is looked at by a viewer while it sleeps, who wakes nothing and finds nothing to press', async () => {
    const look = await windows.viewer.newPage();
    const said: Record<string, RegExp> = {
      calls: /Every call that has ended is in the books/,
      sessions: /Plan the week/,
      snapshots: /Nothing saved yet/,
      schedules: /Every weekday at 08:00/,
      devices: /The agent is not awake/,
      logs: /Your role does not show this/,
    };
    for (const tab of TABS) {
      await look.goto(at(tab, operators.viewer));
      await look
        .getByText(said[tab] ?? /never/)
        .first()
        .waitFor();
      const names = await look.locator('main').getByRole('button').allInnerTexts();
      expect([tab, names.filter((name) => name !== '')]).toEqual([tab, []]);
      expect(await look.locator('main').getByRole('switch').count()).toBe(0);
    }
    expect(await look.content()).not.toContain('What only its owner reads.');
    await look.goto(at('sessions/01HZZZZZZZZZZZZZZZZZZZZZZZ', operators.viewer));
    await look.getByRole('heading', { name: 'This is not here' }).waitFor();
    await look.getByRole('heading', { level: 1, name: tenant.slug }).waitFor();
    await look.getByRole('navigation', { name: 'Of this agent' }).waitFor();
    await look.close();
    expect(windows.viewer.problems).toEqual([]);
    expect((await inspect(system.url, tenant.id)).agent.state).toBe('asleep');
  });

  it('refuses a viewer’s requests for what the pages do not show', async () => {
    const id = '01HZZZZZZZZZZZZZZZZZZZZZZZ';
    const requests: [string, string][] = [
      ['GET', `/agents/${tenant.id}/logs`],
      ['POST', `/tenants/${tenant.id}/sessions/${session.id}/stop`],
      ['POST', `/agents/${tenant.id}/snapshots`],
      ['POST', `/agents/${tenant.id}/snapshots/${id}/restore`],
      ['GET', `/agents/${tenant.id}/snapshots/${id}/download`],
      ['DELETE', `/agents/${tenant.id}/snapshots/${id}`],
      ['PATCH', `/tenants/${tenant.id}/schedules/${id}`],
      ['POST', `/tenants/${tenant.id}/schedules/${id}/run`],
      ['POST', `/agents/${tenant.id}/devices/approve-all`],
      ['POST', `/agents/${tenant.id}/devices/request-1/reject`],
      ['DELETE', `/agents/${tenant.id}/devices/device-1`],
    ];
    for (const [method, path] of requests) {
      const { status } = await operators.viewer.ask(path, { method });
      expect([method, path, status]).toEqual([method, path, 403]);
    }
  });

  it('shows a running turn as it goes on, after it was asked for, and stops it by keyboard', async () => {
    await visit(page, at('sessions'));
    await send('!long 5000');
    const open = page.getByRole('listitem').filter({ hasText: /Running|Queued/ });
    await open.getByRole('button', { name: 'Stop the turns of Plan the week' }).waitFor();
    await open.getByRole('link', { name: 'Plan the week' }).click();
    await button('Read the conversation').waitFor();
    expect(await audited(operators.maintainer, 'session.show')).toEqual([]);
    expect(await page.getByText('!long 5000').count()).toBe(0);
    await tabTo(page, 'Read the conversation');
    await page.keyboard.press('Enter');
    const answer = page.locator('article .markdown');
    await answer.getByText(/Sentence 5 of/).waitFor({ timeout: WAKE_TIMEOUT_MS });
    // It goes on by itself.
    await answer.getByText(/Sentence 25 of/).waitFor();
    await tabTo(page, 'Stop the turn');
    await page.keyboard.press('Enter');
    await page.getByText('Stopped here.').waitFor();
    await page.getByText('No turn is open.').waitFor();
    expect(await audited(operators.maintainer, 'session.show')).toEqual([`session:${session.id}`]);
    expect(await audited(operators.maintainer, 'session.stop')).toEqual([`session:${session.id}`]);
    expect(await barriers(page)).toEqual([]);
  });

  it('shows a call while it is made, and why it went where it went', async () => {
    await visit(page, at('calls'));
    await send('!long 5000');
    const waiting = page.getByRole('region', { name: 'Calls that are not booked yet' });
    const inFlight = waiting.getByRole('row').filter({ hasText: 'In flight' });
    await inFlight.getByRole('link').click({ timeout: WAKE_TIMEOUT_MS });
    await page.getByRole('heading', { name: 'A call' }).waitFor();
    expect(await focusedName(page)).toMatch(/^A call/);
    await page.getByText(/is the most specific for tier premium/).waitFor();
    await page.getByText('Every rule and model that was considered').click();
    await page.getByText('won', { exact: true }).waitFor();
    expect(await barriers(page)).toEqual([]);
    // A deep link, which somebody who may only look follows to the session.
    const look = await windows.viewer.newPage();
    await visit(look, page.url());
    await look.getByRole('link', { name: 'Its session' }).click();
    await look.getByText('What people said here is theirs').waitFor();
    await look.getByRole('button', { name: 'Read the conversation' }).click();
    await look.getByText('A turn is open').waitFor();
    expect(await look.getByRole('button', { name: 'Stop the turn' }).count()).toBe(0);
    await look.close();
    await operators.maintainer.ask(`/tenants/${tenant.id}/sessions/${session.id}/stop`, {
      method: 'POST',
    });
    await inFlight.waitFor({ state: 'detached' });
    await admin.call('POST', `/agents/${tenant.id}/flush`);
    const show = button('The agent has booked since. Show what is new');
    await show.click();
    await show.waitFor({ state: 'detached' });
    const booked = page.getByRole('region', { name: 'Booked attempts' });
    await booked.getByRole('link').first().waitFor();
    await page.getByRole('link', { name: 'Monitor', exact: true }).click();
    await page.getByText('None of this kind').waitFor();
    expect(page.url()).toMatch(/workload=monitor/);
  });

  it('follows its log, holds it back while it is paused, and lets devices in', async () => {
    await visit(page, at('logs'));
    const lines = page.getByRole('log').getByRole('listitem');
    await lines.filter({ hasText: 'openclaw' }).first().waitFor();
    await page.getByText('Following', { exact: true }).waitFor();
    await page.getByRole('button', { name: 'Pause', exact: true }).click();
    await page.getByText('Paused', { exact: true }).waitFor();
    const shown = await lines.count();
    const { key } = await newApiKey(system.url, tenant.slug, { workloads: ['chat'] });
    const { port } = new URL(system.url);
    const address = `ws://${tenant.slug}.localhost:${port}/openclaw`;
    for (let n = 0; n < 2; n += 1) {
      const app = await OpenClawApp.open(address, { authorization: `Bearer ${key}` });
      await app.connect(new Device(), { scopes: SCOPES });
    }
    await button(/Resume, [\d,]+ new/).waitFor();
    expect(await lines.count()).toBe(shown);
    await button(/Resume, [\d,]+ new/).click();
    await expect.poll(() => lines.count()).toBeGreaterThan(shown);
    expect(await barriers(page)).toEqual([]);
    const saved = page.waitForEvent('download');
    await button('Download').click();
    expect((await saved).suggestedFilename()).toMatch(new RegExp(`^${tenant.slug}-.*\\.log$`));
    await page.getByRole('searchbox', { name: 'Holds' }).fill('no such words anywhere');
    await page.keyboard.press('Enter');
    await page.getByText('No such lines').waitFor();
    expect(await focusedName(page)).toBe('Holds');
    await page.getByRole('combobox', { name: 'Level' }).selectOption('error');
    await page.waitForURL(/level=error/);

    await visit(page, at('devices'));
    expect(await barriers(page)).toEqual([]);
    await button('Let all 2 in').click();
    await page.getByText('None. A device that connects').waitFor();
    await button(/^Remove/)
      .first()
      .click();
    await page.getByRole('alertdialog').getByRole('button', { name: 'Remove' }).click();
    await expect.poll(() => button(/^Remove/).count()).toBe(1);
    expect(await audited(operators.maintainer, 'device.approve-all')).toHaveLength(1);
  });

  it('switches a schedule off and on, and runs it now', async () => {
    await visit(page, at('schedules'));
    const onOff = page.getByRole('switch', { name: 'Run Report on its times' });
    await onOff.click();
    await page.getByText('Switched off').waitFor();
    expect(await onOff.getAttribute('aria-checked')).toBe('false');
    await onOff.click();
    await page.getByText('Switched off').waitFor({ state: 'detached' });
    await page.getByRole('link', { name: 'Runs of Report' }).click();
    await page.getByText('It has not run yet.').waitFor();
    await button('Run now: Report').click();
    const runs = page.locator('li li').filter({ hasText: 'by hand' });
    await runs.getByText('Done', { exact: true }).waitFor({ timeout: WAKE_TIMEOUT_MS });
    expect(await runs.getByRole('link').getAttribute('href')).toMatch(
      /\/admin\/agents\/.+\/sessions\//,
    );
    expect(await barriers(page)).toEqual([]);
  });

  it('saves a snapshot, and goes back to one only by its tenant’s name typed', async () => {
    const wide = await windows.admin.newPage();
    const press = (name: string | RegExp) => wide.getByRole('button', { name });
    await visit(wide, at('snapshots', operators.admin));
    await press('Snapshot now').click();
    const row = wide.getByRole('row').filter({ hasText: 'By hand' }).last();
    await row.getByText('Stored', { exact: true }).waitFor({ timeout: WAKE_TIMEOUT_MS });
    const download = wide.waitForEvent('download');
    await row.getByRole('link', { name: /^Download/ }).click();
    expect((await download).suggestedFilename()).toMatch(/\.tar\.zst$/);
    expect(await barriers(wide)).toEqual([]);
    const api = new LocalAdmin(system.url);
    for (const _ of ['a second', 'a third']) {
      const { id } = snapshotView.parse(await api.call('POST', `/agents/${tenant.id}/snapshots`));
      const isStored = (one: { id: string; state: string }) =>
        one.id === id && one.state === 'stored';
      await untilAgent(system.url, tenant.id, ({ snapshots }) => snapshots.some(isStored));
    }
    await asleep(system.url, tenant.id);
    // Of a sandbox that is gone the last lines are there, and said to be that.
    await visit(wide, at('logs', operators.admin));
    await wide.getByText(/No sandbox runs\. These are the last/).waitFor();

    await visit(wide, at('snapshots', operators.admin));
    const dialog = wide.getByRole('alertdialog');
    await press(/^Delete the snapshot/)
      .first()
      .click();
    await dialog.getByRole('button', { name: 'Delete' }).click();
    await dialog.waitFor({ state: 'detached' });
    expect(await audited(operators.admin, 'snapshot.delete')).toHaveLength(1);

    const restore = row.getByRole('button', { name: /^Restore/ });
    await restore.click();
    const go = dialog.getByRole('button', { name: 'Restore' });
    expect(await go.isDisabled()).toBe(true);
    expect(await barriers(wide)).toEqual([]);
    await wide.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    await expect.poll(() => focusedName(wide)).toMatch(/^Restore the snapshot/);
    await restore.click();
    await dialog.getByRole('textbox').fill(`${tenant.slug}x`);
    expect(await go.isDisabled()).toBe(true);
    await dialog.getByRole('textbox').fill(tenant.slug);
    await wide.keyboard.press('Enter');
    await dialog.waitFor({ state: 'detached' });
    await row.getByText('Next wake').waitFor();
    expect(await audited(operators.admin, 'snapshot.restore')).toHaveLength(1);
    // It wakes from it, which nobody here waits for.
    await api.call('POST', `/agents/${tenant.id}/sleep`, { force: true });
    expect([windows.maintainer.problems, windows.admin.problems]).toEqual([[], []]);
  });
});
