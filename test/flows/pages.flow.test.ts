import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { CreatedTenant } from '../../contract/api.ts';
import type { CreatedInvite } from '../../contract/members.ts';
import { LocalAdmin } from '../../local/runner/admin.ts';
import { newTenant } from '../support/agents.ts';
import { launchBrowser } from '../support/browser.ts';
import { focusedName, tabTo } from '../support/keyboard.ts';
import { ask } from '../support/loopback.ts';
import { MemberClient } from '../support/member.ts';
import { barriers, openWindow, visit, type CheckedWindow } from '../support/page-checks.ts';

describe('the pages, in a browser', () => {
  const { url } = inject('system');
  let browser: Browser;
  let tenant: CreatedTenant;
  let owner: MemberClient;
  let user: MemberClient;
  let scheduleId: string;

  const invite = async (role: 'owner' | 'user') => {
    const path = `/tenants/${tenant.id}/invites`;
    return (await new LocalAdmin(url).call('POST', path, { role })) as CreatedInvite;
  };

  beforeAll(async () => {
    [browser, tenant] = await Promise.all([launchBrowser(), newTenant(url)]);
    owner = await MemberClient.join((await invite('owner')).url, 'Ada');
    user = await MemberClient.join((await invite('user')).url, 'Ben');
    const schedule = {
      name: 'Report',
      cron: '0 8 * * 1-5',
      timeZone: 'Europe/Lisbon',
      prompt: 'Hi',
    };
    ({ id: scheduleId } = (await owner.call('POST', '/api/schedules', schedule)) as { id: string });
    await owner.call('POST', '/api/keys', { name: 'Program' });
    await owner.call('POST', '/api/invites', {});
  });
  afterAll(() => browser?.close());

  /** A window of a browser that is signed in as somebody. */
  const open = (member?: MemberClient): Promise<CheckedWindow> => openWindow(browser, member);

  async function check(member: MemberClient | undefined, addresses: string[]): Promise<void> {
    const context = await open(member);
    const page = await context.newPage();
    for (const address of addresses) {
      await page.goto(address);
      await page.getByRole('heading', { level: 1 }).first().waitFor({ state: 'attached' });
      expect([address, await barriers(page)]).toEqual([address, []]);
    }
    expect(context.problems).toEqual([]);
    await context.close();
  }

  describe('have no barrier to anybody, light and dark', () => {
    it('in public', () =>
      check(undefined, [
        ...['/', '/sign-in', '/status', '/nothing-here'].map((path) => url + path),
        url.replace('localhost', 'nobody-is-here.localhost'),
      ]));

    it('at the door', async () => {
      const { pathname } = new URL((await invite('user')).url);
      await check(undefined, [`${tenant.url}${pathname}`, `${tenant.url}/settings`]);
      await check(owner, [`${tenant.url}${pathname}`]);
    });

    it('in the settings of an owner', () =>
      check(
        owner,
        ['', '/members', '/keys', '/schedules', '/schedules/new', `/schedules/${scheduleId}`]
          .concat(['/usage', '/snapshots', '/apps', '/schedules/01HZZZZZZZZZZZZZZZZZZZZZZZ'])
          .map((path) => `${tenant.url}/settings${path}`),
      ));

    // What users see otherwise than owners; the rest is the same page.
    it('in the settings of a user', () =>
      check(
        user,
        ['', '/members', '/usage'].map((path) => `${tenant.url}/settings${path}`),
      ));

    it('in what opens on them', async () => {
      const context = await open(owner);
      const page = await context.newPage();
      const opened: [path: string, open: string, seen: string][] = [
        ['/settings/members', 'Invite', 'Make the link'],
        ['/settings/keys', 'New key', 'Make the key'],
        ['/settings/keys', 'Revoke the key Program', 'Cancel'],
        ['/settings', 'Leave this agent', 'Cancel'],
      ];
      for (const [path, button, seen] of opened) {
        await visit(page, tenant.url + path);
        await page.getByRole('button', { name: button, exact: true }).click();
        await page.getByRole('button', { name: seen }).waitFor();
        expect([button, await barriers(page)]).toEqual([button, []]);
      }
      await visit(page, `${tenant.url}/settings/members`);
      await page.getByRole('button', { name: 'What to do with Ben' }).click();
      await page.getByRole('menuitem', { name: 'Make an owner' }).waitFor();
      expect(await barriers(page)).toEqual([]);
      await context.close();
    });
  });

  it('take the theme that somebody chose, before anything is drawn, and keep it', async () => {
    const context = await open();
    const page = await context.newPage();
    await page.emulateMedia({ colorScheme: 'light' });
    const mode = () => page.evaluate(() => document.documentElement.dataset['mode'] ?? 'system');
    const ground = () =>
      page.evaluate(() => getComputedStyle(document.documentElement).colorScheme);
    for (const path of ['/', '/status']) {
      await page.goto(url + path);
      expect([await mode(), await ground()]).toEqual(['system', 'light']);
      await page.getByRole('radio', { name: 'Dark' }).check({ force: true });
      expect([await mode(), await ground()]).toEqual(['dark', 'dark']);
      await page.reload({ waitUntil: 'commit' });
      await page.locator('header').waitFor({ state: 'attached' });
      expect([await mode(), await ground()]).toEqual(['dark', 'dark']);
      expect(await page.getByRole('radio', { name: 'Dark' }).isChecked()).toBe(true);
      await page.getByRole('radio', { name: 'As the system' }).check({ force: true });
      expect([await mode(), await ground()]).toEqual(['system', 'light']);
    }
    expect(context.problems).toEqual([]);
    await context.close();
  });

  it('let somebody in by keyboard alone, once, and say why not a second time', async () => {
    const { pathname } = new URL((await invite('user')).url);
    const context = await open();
    const page = await context.newPage();
    await visit(page, tenant.url + pathname);
    await page.getByRole('button', { name: /join/i, disabled: false }).waitFor();
    await tabTo(page, /Your name/);
    await page.keyboard.type('Cleo');
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/chat/);

    await visit(page, tenant.url + pathname);
    await page.getByText('signed in as Cleo').waitFor();
    await tabTo(page, 'Join as somebody else');
    await page.keyboard.press('Enter');
    await tabTo(page, 'Join and open the chat');
    await page.keyboard.press('Enter');
    await page.getByRole('alert').getByText('This invite was used already.').waitFor();
    expect(await barriers(page)).toEqual([]);

    await visit(page, `${tenant.url}/settings`);
    await page.getByText('This browser').waitFor();
    await tabTo(page, 'Sign out');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'You are not signed in' }).waitFor();
    await context.close();
  });

  it('make and revoke a key by keyboard alone; it is shown once, and works until then', async () => {
    const context = await open(owner);
    const page = await context.newPage();
    await visit(page, `${tenant.url}/settings/keys`);
    await page.getByText('How to use one').waitFor();
    await tabTo(page, 'New key');
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').waitFor();
    await tabTo(page, 'Name');
    await page.keyboard.type('By keyboard');
    await page.keyboard.press('Enter');
    const field = page.getByRole('textbox', { name: 'API key' });
    await field.waitFor();
    const key = await field.inputValue();
    const models = async () =>
      (await ask(`${tenant.url}/v1/models`, { headers: { authorization: `Bearer ${key}` } }))
        .status;
    expect(await models()).toBe(200);
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    expect(await focusedName(page)).toBe('New key');
    expect(await page.content()).not.toContain(key);

    await tabTo(page, 'Revoke the key By keyboard');
    await page.keyboard.press('Enter');
    await page.getByRole('alertdialog').waitFor();
    await tabTo(page, 'Revoke');
    await page.keyboard.press('Enter');
    await page.getByRole('alertdialog').waitFor({ state: 'detached' });
    await page.getByText('Revoked').first().waitFor();
    expect(await models()).toBe(401);
    expect(context.problems).toEqual([]);
    await context.close();
  });

  it('make an invite whose link is shown once and lets somebody in', async () => {
    const context = await open(owner);
    const page = await context.newPage();
    await visit(page, `${tenant.url}/settings/members`);
    await page.getByRole('button', { name: 'Invite', exact: true }).click();
    await page.getByRole('button', { name: 'Make the link' }).click();
    const link = await page.getByRole('textbox', { name: 'Invite link' }).inputValue();
    await page.getByRole('button', { name: 'Done' }).click();
    expect(await page.content()).not.toContain(link);
    const dora = await MemberClient.join(link, 'Dora');
    expect(await dora.call('GET', '/api/me')).toMatchObject({ name: 'Dora', role: 'user' });

    await visit(page, page.url());
    await page.getByRole('button', { name: 'What to do with Dora' }).click();
    await page.getByRole('menuitem', { name: 'Remove' }).click();
    await page.getByRole('alertdialog').getByRole('button', { name: 'Remove' }).click();
    await page.getByRole('button', { name: 'What to do with Dora' }).waitFor({ state: 'detached' });
    await expect(dora.call('GET', '/api/me')).rejects.toThrow(/401/);
    await context.close();
  });

  it('make a schedule, and say when it runs before it is stored', async () => {
    const context = await open(owner);
    const page = await context.newPage();
    await visit(page, `${tenant.url}/settings/schedules/new`);
    await page.getByRole('textbox', { name: 'Name' }).fill('Friday summary');
    await page.getByRole('textbox', { name: 'What the agent is told' }).fill('Sum the week up.');
    await page.getByRole('combobox', { name: 'How often' }).selectOption('weekly');
    await page.getByRole('combobox', { name: 'On', exact: true }).selectOption({ label: 'Friday' });
    await page.getByLabel('At', { exact: true }).fill('16:30');
    await page.getByRole('combobox', { name: 'Time zone' }).selectOption('Asia/Tokyo');
    await page
      .getByText(/^Fri \d+ \w+ \d{4}, 16:30$/)
      .first()
      .waitFor();
    await page.getByRole('combobox', { name: 'How often' }).selectOption('custom');
    await page.getByRole('textbox', { name: 'Cron expression' }).fill('* * * *');
    await page.getByText('five fields are needed').waitFor();
    await page.getByRole('textbox', { name: 'Cron expression' }).fill('30 16 * * 5');
    await page.getByRole('button', { name: 'Create the schedule' }).click();
    await page.waitForURL(/\/settings\/schedules$/);
    await page.getByText('Every Friday at 16:30 · Asia/Tokyo').waitFor();

    const onOff = page.getByRole('switch', { name: 'Run Friday summary on its times' });
    await onOff.press('Space');
    await page.getByText('Switched off').waitFor();
    expect(await onOff.getAttribute('aria-checked')).toBe('false');
    await page.getByRole('link', { name: 'Edit Friday summary' }).click();
    await page.getByRole('button', { name: 'Delete this schedule' }).click();
    await page.getByRole('alertdialog').getByRole('button', { name: 'Delete' }).click();
    await page.waitForURL(/\/settings\/schedules$/);
    expect(await page.getByText('Friday summary').count()).toBe(0);
    expect(context.problems).toEqual([]);
    await context.close();
  });

  it('show a user what is theirs, and nothing that only owners may see', async () => {
    const context = await open(user);
    const page = await context.newPage();
    await page.goto(`${tenant.url}/settings/schedules`);
    const names = await page.getByRole('navigation', { name: 'Settings' }).innerText();
    expect(names.split('\n').map((name) => name.trim())).toEqual(['You', 'Schedules', 'Usage']);
    await page.getByRole('heading', { name: 'Report' }).waitFor();
    expect(await page.getByRole('button', { name: /Run/ }).count()).toBe(0);
    expect(await page.getByRole('link', { name: 'New schedule' }).count()).toBe(0);
    for (const path of ['members', 'keys', 'snapshots', 'apps']) {
      await page.goto(`${tenant.url}/settings/${path}`);
      await page.getByText('For owners only').waitFor();
    }
    expect(context.problems).toEqual([]);
    await context.close();
  });

  it('sign out the other browsers of somebody, and leave this one', async () => {
    const link = (await invite('user')).url;
    const eve = await MemberClient.join(link, 'Eve');
    const { id } = (await eve.call('GET', '/api/me')) as { id: string };
    const again = (await owner.call('POST', '/api/invites', { memberId: id })) as CreatedInvite;
    const elsewhere = await MemberClient.join(again.url, 'Eve');
    const context = await open(eve);
    const page = await context.newPage();
    await visit(page, `${tenant.url}/settings`);
    await page.getByRole('button', { name: 'Sign out the others' }).click();
    await page.getByRole('button', { name: 'Sign out the others' }).waitFor({ state: 'detached' });
    await expect(elsewhere.call('GET', '/api/me')).rejects.toThrow(/401/);
    await eve.call('GET', '/api/me');
    await context.close();
  });
});
