import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { activePolicyView, policyList, policyView } from '../../contract/routing.ts';
import { LocalAdmin } from '../../local/runner/admin.ts';
import { newTenant } from '../support/agents.ts';
import { launchBrowser } from '../support/browser.ts';
import { focusedName, tabTo } from '../support/keyboard.ts';
import { ask } from '../support/loopback.ts';
import { newOperator, type TestOperator } from '../support/operators.ts';
import { barriers, visit, type CheckedWindow } from '../support/page-checks.ts';
import { bookedRows, newApiKey } from '../support/program.ts';

const OSS = '@cf/openai/gpt-oss-20b';
const ROLES = ['viewer', 'maintainer', 'admin'] as const;
type Role = (typeof ROLES)[number];

describe('routing and usage in the dashboard', () => {
  const system = inject('system');
  const admin = new LocalAdmin(system.url);
  const operators = {} as Record<Role, TestOperator>;
  const windows = {} as Record<Role, CheckedWindow>;
  const pages = {} as Record<Role, Page>;
  let browser: Browser;
  let tenant: { id: string; slug: string };
  let before: number;

  const active = async () =>
    activePolicyView.parse(await admin.call('GET', '/routing/policies/active'));
  const newest = async (): Promise<number> => {
    const { policies } = policyList.parse(await admin.call('GET', '/routing/policies?limit=1'));
    return policies[0]?.version ?? 0;
  };
  const open = (role: Role, path: string): Promise<void> =>
    visit(pages[role], `${operators[role].url}/admin${path}`);

  beforeAll(async () => {
    [browser, tenant] = await Promise.all([launchBrowser(), newTenant(system.url)]);
    for (const role of ROLES) {
      operators[role] = await newOperator(system, role);
      windows[role] = await operators[role].open(browser);
      pages[role] = await windows[role].newPage();
    }
    before = (await active()).version;
    // A program's calls are booked without waking the agent.
    const { key, baseURL } = await newApiKey(system.url, tenant.slug);
    for (const model of ['chat', 'chat', 'summarize']) {
      await ask(`${baseURL}/chat/completions`, {
        method: 'POST',
        headers: { authorization: `Bearer ${key}` },
        body: { model, messages: [{ role: 'user', content: 'Say hello.' }] },
      });
    }
    await bookedRows(system.url, tenant.id, 3);
  });
  afterAll(async () => {
    await admin.call('POST', `/routing/policies/${before}/activate`);
    await browser?.close();
  });

  describe('have no barrier to anybody, light and dark', () => {
    it.each([
      '/routing',
      '/routing/edit',
      '/routing/test?tier=premium&promptTokens=500000',
      '/usage',
    ])('on %s', async (path) => {
      await open('maintainer', path);
      expect(await barriers(pages.maintainer)).toEqual([]);
    });

    it('in what comes onto them', async () => {
      const page = pages.maintainer;
      await open('maintainer', `/usage?tenant=${tenant.slug}&range=today`);
      await page.getByRole('region', { name: 'List of calls' }).waitFor();
      expect(await barriers(page)).toEqual([]);
      await open('maintainer', '/routing/1');
      await page.getByRole('button', { name: 'Try on these calls' }).click();
      await page.getByRole('region', { name: 'What the last calls would get' }).waitFor();
      expect(await barriers(page)).toEqual([]);
    });
  });

  it('show a viewer everything and offer nothing that changes it, nor does the server take it', async () => {
    const page = pages.viewer;
    await open('viewer', '/routing');
    await page.getByText(`Version ${before} in force`, { exact: true }).waitFor();
    await open('viewer', `/routing/${before}`);
    expect(await page.getByRole('button', { name: /Activate|Roll back/ }).count()).toBe(0);
    expect(await page.getByRole('link', { name: /Edit|Change/ }).count()).toBe(0);
    await open('viewer', '/routing/edit');
    await page.getByRole('heading', { name: 'Your role does not show this' }).waitFor();
    await open('viewer', '/routing/test?tier=free');
    await page.getByText(/is the most specific for tier free/).waitFor();
    expect(await page.getByRole('button', { name: /Call it for real/ }).count()).toBe(0);

    const { rules } = await active();
    const body = { rules, note: 'Not mine to change.', basedOn: await newest() };
    const refused = [
      operators.viewer.ask('/routing/policies', { method: 'POST', body }),
      operators.viewer.ask('/routing/policies/1/activate', { method: 'POST' }),
      operators.viewer.ask('/routing/rollback', { method: 'POST' }),
      operators.viewer.ask('/routing/test', { method: 'POST', body: { tier: 'free' } }),
    ];
    expect((await Promise.all(refused)).map(({ status }) => status)).toEqual([403, 403, 403, 403]);
    const replay = await operators.viewer.ask('/routing/replay', {
      method: 'POST',
      body: { rules },
    });
    expect(replay.status).toBe(200);
  });

  it('write rules by keyboard alone, checked while they are written, and save them as a version', async () => {
    const page = pages.maintainer;
    const base = await newest();
    await open('maintainer', '/routing/edit');
    await tabTo(page, 'Duplicate rule 1');
    await page.keyboard.press('Enter');
    expect(await focusedName(page)).toBe('Tier of rule 2');
    await page.getByText('is about the same as rule 1 and can never win.').waitFor();
    expect(await page.getByRole('button', { name: 'Save…' }).isDisabled()).toBe(true);
    await tabTo(page, 'First byte of rule 2, seconds');
    await page.keyboard.type('500');
    await page.getByText('the first byte may take 1 to 120 s.').waitFor();
    await tabTo(page, 'Remove rule 2');
    await page.keyboard.press('Enter');
    expect(await focusedName(page)).toBe('Remove rule 2');
    await page.getByText('Nothing is changed yet.').waitFor();

    await page.getByRole('combobox', { name: 'Model of rule 1' }).selectOption(OSS);
    await page.getByRole('combobox', { name: 'Fallback of rule 1' }).selectOption('');
    await page.getByText('it can be saved').waitFor();
    await page
      .getByRole('region', { name: /^Routes by/ })
      .getByText('new')
      .first()
      .waitFor();
    await page.getByRole('region', { name: 'Who gets another route' }).waitFor();
    await page.getByRole('button', { name: 'Try on these calls' }).click();
    await page.getByText(/would go to another model/).waitFor();

    await page.getByRole('button', { name: 'Save…' }).focus();
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').waitFor();
    expect(await barriers(page)).toEqual([]);
    await tabTo(page, 'Why');
    await page.keyboard.type('Everybody else on the small one.');
    await tabTo(page, 'Save');
    await page.keyboard.press('Enter');
    await page.waitForURL(new RegExp(`/admin/routing/${base + 1}$`));
    await page.getByText('Not in force', { exact: true }).waitFor();
    const stored = policyView.parse(await admin.call('GET', `/routing/policies/${base + 1}`));
    expect(stored).toMatchObject({
      author: operators.maintainer.email,
      note: 'Everybody else on the small one.',
      active: false,
    });
    expect(stored.rules[0]).toMatchObject({ model: OSS, fallback: null });
  });

  it('keep a draft over a reload, and ask before it is left', async () => {
    const page = pages.admin;
    const accept = (dialog: { accept(): Promise<void> }): void => void dialog.accept();
    page.on('dialog', accept);
    await open('admin', '/routing/edit?from=1');
    await page.getByLabel('Output cap of rule 1, tokens').fill('1234');
    await page.reload({ waitUntil: 'networkidle' });
    await page.getByText('Your draft of before was taken up again.').waitFor();
    expect(await page.getByLabel('Output cap of rule 1, tokens').inputValue()).toBe('1234');

    await page.getByRole('link', { name: 'Usage' }).click();
    await page.getByRole('alertdialog').getByRole('button', { name: 'Cancel' }).click();
    expect(page.url()).toContain('/routing/edit');
    await page.getByRole('link', { name: 'Usage' }).click();
    await page.getByRole('button', { name: 'Discard and leave' }).click();
    await page.waitForURL(/\/admin\/usage$/);
    await open('admin', '/routing/edit?from=1');
    await page.getByText('Nothing is changed yet.').waitFor();
    page.off('dialog', accept);
  });

  it('say what to do when somebody stored a version meanwhile, then save and activate, and roll back', async () => {
    const page = pages.admin;
    await open('admin', '/routing/edit');
    await page.getByLabel('Output cap of rule 1, tokens').fill('2345');
    const basedOn = await newest();
    const { rules } = await active();
    await admin.call('POST', '/routing/policies', { rules, note: 'Meanwhile.', basedOn });
    const save = async (): Promise<void> => {
      await page.getByRole('button', { name: 'Save…' }).click();
      await page.getByRole('textbox', { name: 'Why' }).fill('Shorter answers.');
      await page.getByRole('checkbox', { name: /Activate it at once/ }).check();
      await page.getByRole('button', { name: 'Save and activate' }).click();
    };
    await save();
    await page.getByText(`Version ${basedOn + 1} was stored while you wrote`).waitFor();
    expect((await active()).version).toBe(before);
    await page.getByRole('button', { name: /base the draft on version/ }).click();
    await save();
    await page.waitForURL(new RegExp(`/admin/routing/${basedOn + 2}$`));
    await page.getByText('In force', { exact: true }).waitFor();
    expect(await active()).toMatchObject({ version: basedOn + 2, previous: before });

    await open('admin', '/routing');
    await page.getByRole('button', { name: `Roll back to version ${before}` }).click();
    await page.getByRole('alertdialog').getByText('within 60 seconds').waitFor();
    await page.getByRole('button', { name: 'Roll back', exact: true }).click();
    await page.getByText(`Version ${before} is in force within 60 s`).waitFor();
    expect((await active()).version).toBe(before);

    await open('admin', `/routing/${basedOn + 1}?against=${basedOn + 2}`);
    await page.getByRole('heading', { name: `Compared with version ${basedOn + 2}` }).waitFor();
    await page.getByRole('listitem').getByText('output cap').waitFor();
    await page.getByRole('button', { name: `Activate version ${basedOn + 1}` }).click();
    await page.getByRole('button', { name: 'Activate', exact: true }).click();
    await page.getByText(`Version ${basedOn + 1} is in force within 60 s`).waitFor();
    expect((await active()).version).toBe(basedOn + 1);
  });

  it('explain a route, and test it with a real call that is booked on the system', async () => {
    const page = pages.maintainer;
    await open('maintainer', '/routing/test');
    await page.getByRole('combobox', { name: 'Tier' }).selectOption('enterprise');
    await page.getByRole('spinbutton', { name: /Prompt, tokens/ }).fill('90000000');
    await page.getByRole('button', { name: 'Explain' }).click();
    await page.waitForURL(/tier=enterprise.*promptTokens=90000000/);
    await page.getByText('Refused', { exact: true }).waitFor();
    await page.getByRole('button', { name: 'Call it for real: enterprise, chat' }).click();
    await page.getByRole('heading', { name: 'Answer' }).waitFor();
    await page.getByText('Answered', { exact: true }).waitFor();
  });

  it('narrow usage down by what is clicked, as far as the calls themselves', async () => {
    const page = pages.viewer;
    await open('viewer', `/usage?range=today&tenant=${tenant.slug}`);
    await page.getByText('As of').waitFor();
    const calls = page.getByRole('region', { name: 'List of calls' }).locator('tbody tr');
    expect(await calls.count()).toBe(3);
    await page.getByRole('link', { name: 'summarize' }).click();
    await page.waitForURL(/workload=summarize/);
    await page.waitForFunction(
      () => document.querySelectorAll('[aria-label="List of calls"] tbody tr').length === 1,
    );
    await page
      .getByRole('navigation', { name: 'How calls ended' })
      .getByRole('link', { name: 'Failed' })
      .click();
    await page.getByText('No calls of this kind').waitFor();
    await page.getByRole('link', { name: 'No longer only workload summarize' }).click();
    await page.waitForURL((url) => !url.search.includes('workload'));
    expect(await page.getByRole('link', { name: 'No longer only tenant' }).count()).toBe(1);

    const download = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Download the calls of this page as CSV' }).click();
    expect((await download).suggestedFilename()).toMatch(/^usage-.*\.csv$/);
    await open('viewer', '/usage?tenant=nobody-is-here');
    await page.getByRole('heading', { name: 'This is not here' }).waitFor();
  });

  it('write nothing wrong into the console', () => {
    expect(ROLES.map((role) => windows[role].problems)).toEqual([[], [], []]);
  });
});
