import type { Browser, Page, Route } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from 'vitest';
import type { CreatedTenant, TenantView } from '../../contract/api.ts';
import { LocalAdmin } from '../../local/runner/admin.ts';
import { newTenant } from '../support/agents.ts';
import { launchBrowser } from '../support/browser.ts';
import { focusedName, tabTo } from '../support/keyboard.ts';
import { MemberClient } from '../support/member.ts';
import { newOperator, type TestOperator } from '../support/operators.ts';
import { barriers, visit, type CheckedWindow } from '../support/page-checks.ts';

const ROLES = ['viewer', 'maintainer', 'admin'] as const;
type Role = (typeof ROLES)[number];

describe('the dashboard’s tenants, operators and audit', () => {
  const system = inject('system');
  const local = new LocalAdmin(system.url);
  let browser: Browser;
  let tenant: CreatedTenant;
  let operators: Record<Role, TestOperator>;
  let windows: Record<Role, CheckedWindow>;
  const pages: Page[] = [];

  beforeAll(async () => {
    let made: TestOperator[];
    [browser, tenant, made] = await Promise.all([
      launchBrowser(),
      newTenant(system.url),
      Promise.all(ROLES.map((role) => newOperator(system, role))),
    ]);
    const of = <T>(list: T[]) =>
      Object.fromEntries(ROLES.map((role, n) => [role, list[n]])) as Record<Role, T>;
    operators = of(made);
    windows = of(await Promise.all(made.map((operator) => operator.open(browser))));
    const owner = await MemberClient.join((await local.invite(tenant.id)).url, 'Ada');
    await owner.call('POST', '/api/keys', { name: 'Nightly report' });
  });
  afterEach(async () => {
    await Promise.all(pages.splice(0).map((page) => page.close()));
    for (const { problems } of Object.values(windows)) expect(problems).toEqual([]);
  });
  afterAll(() => browser?.close());

  /** Opens a page of the dashboard as an operator of a role. */
  async function open(role: Role, path: string): Promise<Page> {
    const page = await windows[role].newPage();
    pages.push(page);
    await visit(page, `${operators[role].url}/admin${path}`);
    return page;
  }
  /** Goes to a page to look at it only: as soon as it is drawn. */
  async function look(page: Page, role: Role, path: string): Promise<void> {
    await page.goto(`${operators[role].url}/admin${path}`);
    await page.getByRole('heading', { level: 1 }).waitFor();
  }
  const press = (page: Page, name: string | RegExp) =>
    page.getByRole('button', { name, exact: true }).click();
  /** Presses a button of the dialog that is open, and waits until it is closed. */
  async function confirm(page: Page, verb: string): Promise<void> {
    const dialog = page.getByRole('alertdialog').or(page.getByRole('dialog'));
    await dialog.getByRole('button', { name: verb, exact: true }).click();
    await dialog.waitFor({ state: 'detached' });
  }
  const now = (): Promise<TenantView> => local.tenant(tenant.id);
  async function statusOf(role: Role, path: string, method: string, body: object = {}) {
    // Node sends the length of what is sent with a DELETE only when it is told to.
    const headers = { 'content-length': String(Buffer.byteLength(JSON.stringify(body))) };
    return (await operators[role].ask(path, { method, body, headers })).status;
  }

  describe('have no barrier to anybody, light and dark, on a desktop and on a phone', () => {
    const check = async (paths: string[]): Promise<void> => {
      const page = await open('admin', '/tenants/new');
      for (const path of paths) {
        await look(page, 'admin', path);
        expect([path, await barriers(page)]).toEqual([path, []]);
      }
    };

    it('in the lists and the forms', async () => {
      const ofOne = `?tenant=${tenant.slug}&action=tenant.create`;
      await check([`/tenants?q=${tenant.slug}`, '/tenants/new', '/operators', `/audit${ofOne}`]);
    });

    it('on the pages of a tenant', () =>
      check(
        ['', '/limits', '/hostnames', '/members'].map((tab) => `/tenants/${tenant.slug}${tab}`),
      ));

    it('in what opens on them', async () => {
      const page = await open('admin', `/tenants/${tenant.slug}/keys`);
      await press(page, 'Change tier or internet');
      await page.getByRole('button', { name: 'Cancel' }).waitFor();
      expect(await barriers(page)).toEqual([]);
    });
  });

  describe('the list', () => {
    it('is searched, narrowed down and sorted in its address, by keyboard too', async () => {
      const page = await open('viewer', '/tenants');
      await page.keyboard.press('/');
      expect(await focusedName(page)).toBe('Search tenants by slug or id');
      await page.keyboard.type(tenant.slug);
      await page.waitForURL(`**/admin/tenants?q=${tenant.slug}`);
      const row = page.getByRole('row', { name: new RegExp(`^${tenant.slug} Asleep .* Premium`) });
      await row.getByText('Asleep').waitFor();
      await page.getByText('1 tenant match').waitFor();
      await page.getByRole('combobox', { name: 'Tier' }).selectOption('free');
      await page.getByRole('heading', { name: 'No tenant matches' }).waitFor();
      expect(new URL(page.url()).search).toBe(`?q=${tenant.slug}&tier=free`);
      await page.goBack();
      await row.waitFor();
      await page.getByRole('link', { name: 'Clear filters' }).first().click();
      await page.waitForURL('**/admin/tenants');

      await tabTo(page, 'Tenant');
      await page.keyboard.press('Enter');
      await page.waitForURL('**/admin/tenants?sort=slug&order=asc');
      const sorted = page.getByRole('columnheader', { name: 'Tenant' });
      await expect.poll(() => sorted.getAttribute('aria-sort')).toBe('ascending');
      const slugs = await page.getByRole('row').getByRole('rowheader').allInnerTexts();
      expect(slugs).toEqual(slugs.toSorted());
      await visit(page, page.url());
      expect(await page.getByRole('row').getByRole('rowheader').allInnerTexts()).toEqual(slugs);
    });

    it('goes on page by page, and says when its address makes no sense', async () => {
      const { agents, cursor, total } = JSON.parse(
        (await operators.viewer.ask('/agents?limit=1')).text,
      ) as { agents: { slug: string }[]; cursor: string | null; total: number };
      expect([agents.length, total > 0]).toEqual([1, true]);
      if (cursor !== null) {
        const page = await open('viewer', `/tenants?cursor=${cursor}`);
        await page.getByRole('link', { name: 'First page' }).waitFor();
        expect(await page.getByRole('link', { name: agents[0]?.slug, exact: true }).count()).toBe(
          0,
        );
      }
      const page = await open('viewer', '/tenants?sort=slug&cursor=created.desc.n1.x');
      await page.getByRole('alert').getByText('is not a cursor').waitFor();
      await page.getByRole('link', { name: 'Show all tenants' }).click();
      await page.getByRole('table').waitFor();
    });

    it('leads to a tenant and its agent', async () => {
      const page = await open('viewer', `/tenants?q=${tenant.slug}`);
      const agent = page.getByRole('link', { name: `Agent of ${tenant.slug}` });
      expect(await agent.getAttribute('href')).toBe(`/admin/agents/${tenant.slug}`);
      await page.getByRole('link', { name: tenant.slug, exact: true }).click();
      await page.getByRole('heading', { level: 1, name: tenant.slug }).waitFor();
      const audit = page.getByRole('link', { name: 'Its audit' });
      expect(await audit.getAttribute('href')).toBe(`/admin/audit?tenant=${tenant.slug}`);
    });
  });

  it('are looked at by a viewer, who is offered nothing that the server refuses', async () => {
    const page = await open('viewer', '/tenants');
    expect(await page.getByRole('link', { name: 'New tenant' }).count()).toBe(0);
    await look(page, 'viewer', '/tenants/new');
    await page.getByRole('heading', { name: 'Your role does not show this' }).waitFor();
    const main = page.getByRole('main');
    const offered = async () => {
      const names = await main.getByRole('button').allInnerTexts();
      return names.filter((name) => name.trim() !== 'Copy');
    };
    for (const tab of ['', '/limits', '/hostnames', '/members', '/keys']) {
      await look(page, 'viewer', `/tenants/${tenant.slug}${tab}`);
      expect([tab, await offered()]).toEqual([tab, []]);
      expect([tab, await main.getByRole('textbox').count()]).toEqual([tab, tab === '' ? 1 : 0]);
    }
    await look(page, 'viewer', '/operators');
    expect(await offered()).toEqual([]);

    const of = `/tenants/${tenant.id}`;
    const [nobody, subject] = ['01HZZZZZZZZZZZZZZZZZZZZZZZ', operators.viewer.email];
    const refused: [method: string, path: string, body?: object][] = [
      ['POST', '/tenants', { platform: 'streamkinetics.com', tier: 'free' }],
      ['PATCH', of, { tier: 'free' }],
      ['POST', `${of}/suspend`],
      ['POST', `${of}/resume`],
      ['DELETE', of, { slug: tenant.slug }],
      ['POST', `${of}/hostnames`, { hostname: 'chat.customer.example' }],
      ['DELETE', `${of}/members/${nobody}`],
      ['POST', `${of}/invites`, { role: 'owner' }],
      ['DELETE', `${of}/invites/${nobody}`],
      ['DELETE', `${of}/sign-ins/${nobody}`],
      ['DELETE', `${of}/keys/${nobody}`],
      ['POST', '/operators', { kind: 'person', subject: 'eve@example.com', role: 'admin' }],
      ['PATCH', `/operators/${subject}`, { role: 'admin' }],
      ['DELETE', `/operators/${subject}`],
    ];
    for (const [method, path, body] of refused) {
      expect([method, path, await statusOf('viewer', path, method, body)]).toEqual([
        method,
        path,
        403,
      ]);
    }
  });

  it('are created by a maintainer, by keyboard alone; the invite is shown once and lets somebody in', async () => {
    const page = await open('maintainer', '/tenants');
    await tabTo(page, 'New tenant');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1, name: 'New tenant' }).waitFor();
    await tabTo(page, /^Free/);
    await page.keyboard.press('ArrowDown');
    await tabTo(page, 'Slug');
    await page.keyboard.type('Admin');
    await page.getByText('The slug is reserved.').waitFor();
    const slug = `made-${process.pid}-${Date.now().toString(36)}`;
    await page.keyboard.press('Control+A');
    await page.keyboard.type(slug);
    await page.getByText(`${slug}.streamkinetics.com`).waitFor();
    await page.keyboard.press('Enter');
    const field = page.getByRole('textbox', { name: 'Invite link of the owner' });
    await field.waitFor();
    expect(await focusedName(page)).toBe(`${slug} is created`);
    const link = await field.inputValue();
    expect(await local.tenant(slug)).toMatchObject({ tier: 'premium', status: 'active' });
    await tabTo(page, 'Open the tenant');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1, name: slug }).waitFor();
    expect(await page.content()).not.toContain(link);
    const owner = await MemberClient.join(link, 'Grace');
    expect(await owner.call('GET', '/api/me')).toMatchObject({ name: 'Grace', role: 'owner' });
  });

  it('are changed by a maintainer: tier, internet and limits of their own', async () => {
    const page = await open('maintainer', `/tenants/${tenant.slug}`);
    await press(page, 'Change tier or internet');
    await page.getByRole('radio', { name: /^Enterprise/ }).check();
    await page.getByRole('combobox', { name: 'Internet' }).selectOption({ index: 1 });
    await confirm(page, 'Save');
    expect(await focusedName(page)).toBe('Change tier or internet');
    expect(await now()).toMatchObject({ tier: 'enterprise', internet: true });
    await page.getByText('which the agent has').waitFor();

    await page.getByRole('link', { name: 'Limits' }).click();
    const sessions = page.getByRole('textbox', { name: 'Sessions, its own' });
    await sessions.fill('0');
    await page.getByText('Type a number from 1 to 10,000, or leave it empty.').waitFor();
    expect(await page.getByRole('button', { name: /^Save/ }).isDisabled()).toBe(true);
    await sessions.fill('7');
    await page.getByRole('textbox', { name: 'Money a month, its own, in dollars' }).fill('12.50');
    await press(page, 'Save 2 changes');
    await page.getByText('Saved. It holds at once.').waitFor();
    expect((await now()).limits).toEqual({ maxSessions: 7, maxNanoPerMonth: 12_500_000_000 });
    await press(page, 'Use the tier’s: Sessions');
    expect(await focusedName(page)).toBe('Sessions, its own');
    await press(page, 'Save 1 change');
    await page.getByText('Saved. It holds at once.').waitFor();
    expect((await now()).limits).toEqual({ maxNanoPerMonth: 12_500_000_000 });
  });

  it('are suspended with a reason and resumed by a maintainer, who cannot delete them', async () => {
    const page = await open('maintainer', `/tenants/${tenant.slug}`);
    expect(await page.getByRole('button', { name: 'Delete' }).count()).toBe(0);
    expect(
      await statusOf('maintainer', `/tenants/${tenant.id}`, 'DELETE', { slug: tenant.slug }),
    ).toBe(403);
    await press(page, 'Suspend');
    await page.getByRole('textbox', { name: 'Reason, for the audit' }).fill('unpaid since May');
    await confirm(page, 'Suspend');
    await page.getByText('Suspended: members and programs are refused').waitFor();
    expect((await now()).status).toBe('suspended');
    await press(page, 'Resume');
    await page.getByRole('button', { name: 'Suspend' }).waitFor();
    expect((await now()).status).toBe('active');
  });

  it('get and lose hostnames of their customers', async () => {
    const page = await open('maintainer', `/tenants/${tenant.slug}/hostnames`);
    const field = page.getByRole('textbox', { name: 'Add a hostname' });
    await field.fill('localhost');
    await press(page, 'Add');
    await page.getByRole('alert').getByText('is not a name of the public DNS').waitFor();
    const hostname = `chat-${Date.now().toString(36)}.customer.example`;
    await field.fill(hostname);
    await press(page, 'Add');
    await page.getByRole('row', { name: new RegExp(`${hostname}.*Custom.*Active`) }).waitFor();
    expect((await now()).hostnames).toContain(hostname);
    await press(page, `Remove ${hostname}`);
    await confirm(page, 'Remove');
    await page.getByRole('row', { name: hostname }).waitFor({ state: 'detached' });
    expect((await now()).hostnames).not.toContain(hostname);
  });

  it('have their people invited and removed, and their keys revoked', async () => {
    const page = await open('maintainer', `/tenants/${tenant.slug}/members`);
    await page.getByRole('row', { name: /^Ada Owner/ }).waitFor();
    await press(page, 'Invite');
    await press(page, 'Make the link');
    const link = await page.getByRole('textbox', { name: 'Invite link' }).inputValue();
    await confirm(page, 'Done');
    expect(await page.content()).not.toContain(link);
    const ben = await MemberClient.join(link, 'Ben');
    await press(page, 'Invite');
    await press(page, 'Make the link');
    await confirm(page, 'Done');
    await page.getByRole('row', { name: /^A new owner Used by Ben/ }).waitFor();
    await page.getByRole('button', { name: 'Revoke the invite: A new owner' }).first().click();
    await confirm(page, 'Revoke');
    await page.getByRole('row', { name: /^A new owner Revoked/ }).waitFor();

    await visit(page, page.url());
    await press(page, 'Sign out Ben');
    await confirm(page, 'Sign out');
    await expect(ben.call('GET', '/api/me')).rejects.toThrow(/401/);
    await press(page, 'Remove Ben');
    await confirm(page, 'Remove');
    await page.getByRole('row', { name: /^Ben Owner/ }).waitFor({ state: 'detached' });

    await page.getByRole('link', { name: 'API keys' }).click();
    await press(page, 'Revoke the key Nightly report');
    await confirm(page, 'Revoke');
    await page.getByRole('row', { name: /^Nightly report.*Revoked/ }).waitFor();
  });

  it('are deleted by an admin who types their name, and leave a tombstone', async () => {
    const doomed = await newTenant(system.url, 'free');
    const page = await open('admin', `/tenants/${doomed.slug}`);
    await press(page, 'Delete');
    const remove = page.getByRole('button', { name: 'Delete for good' });
    await page.getByRole('textbox', { name: /^Type/ }).fill(doomed.slug.slice(1));
    expect(await remove.isDisabled()).toBe(true);
    await page.getByRole('textbox', { name: /^Type/ }).fill(doomed.slug);
    await confirm(page, 'Delete for good');
    await page.getByText('This tombstone stays for the books').waitFor();
    expect(page.url()).toMatch(new RegExp(`/admin/tenants/${doomed.id}$`));
    expect((await local.tenant(doomed.id)).status).toBe('deleted');
    expect(await page.getByRole('main').getByRole('button', { name: 'Delete' }).count()).toBe(0);
    await look(page, 'admin', `/tenants?status=deleted&q=${doomed.slug}`);
    await page
      .getByRole('row', { name: new RegExp(`^${doomed.slug} Gone.* Free Deleted`) })
      .waitFor();
  });

  it('have one that is built in, where nothing can be changed', async () => {
    const page = await open('admin', '/tenants/system');
    await page.getByText('nothing here can be changed').waitFor();
    const buttons = await page.getByRole('main').getByRole('button').allInnerTexts();
    expect(buttons.map((name) => name.trim())).toEqual(['Copy']);
    expect(await page.getByRole('navigation', { name: 'Pages of system' }).count()).toBe(0);
  });

  it('have operators, whom only an admin adds, changes and removes', async () => {
    const subject = `new-${process.pid}-${Date.now()}@example.com`;
    const page = await open('maintainer', '/operators');
    await page
      .getByRole('row', { name: new RegExp(`^${operators.maintainer.email} You`) })
      .waitFor();
    expect(await page.getByRole('main').getByRole('button').count()).toBe(0);
    const asked = { kind: 'person', subject, role: 'viewer' };
    expect(await statusOf('maintainer', '/operators', 'POST', asked)).toBe(403);

    const admin = await open('admin', '/operators');
    await tabTo(admin, 'Add an operator');
    await admin.keyboard.press('Enter');
    await tabTo(admin, 'E-mail');
    await admin.keyboard.type(subject);
    await admin.keyboard.press('Enter');
    const row = (role: string) =>
      admin.getByRole('row', { name: new RegExp(`^${subject} Person ${role}`) });
    await row('Viewer').waitFor();
    expect(await focusedName(admin)).toBe('Add an operator');
    await press(admin, 'Add an operator');
    await admin.getByRole('textbox', { name: 'E-mail' }).fill(subject.toUpperCase());
    await admin.getByRole('dialog').getByRole('button', { name: 'Add', exact: true }).click();
    await admin.getByRole('alert').getByText('is an operator already').waitFor();
    await admin.keyboard.press('Escape');
    await press(admin, `Change role of ${subject}`);
    await admin.getByRole('radio', { name: /^Maintainer/ }).check();
    await confirm(admin, 'Save');
    await row('Maintainer').waitFor();
    // As it is refused to the last admin, which is no role for a test of a system with several.
    const refusal = { code: 'conflict', message: 'You are the last admin.', hint: 'Make another.' };
    const refuse = (route: Route) => route.fulfill({ status: 409, json: { error: refusal } });
    await admin.route('**/admin/api/operators/*', refuse);
    await press(admin, `Remove ${subject}`);
    await admin.getByRole('alertdialog').getByRole('button', { name: 'Remove' }).click();
    await admin.getByRole('alert').getByText('You are the last admin. Make another.').waitFor();
    await admin.unroute('**/admin/api/operators/*');
    await confirm(admin, 'Remove');
    await row('Maintainer').waitFor({ state: 'detached' });
  });

  it('have an audit that says what changed, is narrowed down in its address, and links to each entry', async () => {
    await operators.maintainer.ask(`/tenants/${tenant.id}`, {
      method: 'PATCH',
      body: { limits: { maxSchedules: 3 } },
    });
    const page = await open(
      'viewer',
      `/audit?tenant=${tenant.slug}&actor=${operators.maintainer.email}`,
    );
    const entry = page.getByRole('article').first();
    await entry.getByText('limits.maxSchedules').waitFor();
    expect(await page.getByRole('textbox', { name: 'By' }).inputValue()).toBe(
      operators.maintainer.email,
    );
    await page.getByRole('textbox', { name: 'Action' }).fill('tenant.create');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'No entry matches' }).waitFor();
    expect(page.url()).toContain('action=tenant.create');
    await page.goBack();
    await entry.getByRole('link', { name: /^This entry alone/ }).click();
    await page.getByRole('heading', { level: 1, name: 'An entry of the audit' }).waitFor();
    await visit(page, page.url());
    expect(await page.getByRole('article').count()).toBe(1);
    expect(await page.getByRole('textbox', { name: 'Request id' }).inputValue()).not.toBe('');
    expect(await page.getByRole('region', { name: 'Raw entry' }).innerText()).toContain(
      '"maxSchedules": 3',
    );
    await page.getByRole('link', { name: tenant.slug, exact: true }).click();
    await page.getByRole('heading', { level: 1, name: tenant.slug }).waitFor();
    await look(page, 'viewer', '/audit?tenant=nobody-is-named-so');
    await page.getByRole('alert').getByText('There is no such tenant.').waitFor();
  });
});
