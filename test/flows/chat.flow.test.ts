import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from 'vitest';
import { sessionHistory, type CreatedTenant } from '../../contract/api.ts';
import type { LimitChanges } from '../../contract/limits.ts';
import { LocalAdmin } from '../../local/runner/admin.ts';
import { asleep, inspect, newTenant } from '../support/agents.ts';
import { launchBrowser } from '../support/browser.ts';
import { ANSWER_TIMEOUT_MS, ChatPage } from '../support/chat-page.ts';
import { containerOf } from '../support/engine-view.ts';
import { addFault, clearFaults, recordedCalls } from '../support/model-record.ts';
import { noteAnswers, notedAnswers } from '../support/noted-answers.ts';
import { storedSnapshots } from '../support/stored-snapshots.ts';

const system = inject('system');

describe('the chat in a browser, with the real OpenClaw', () => {
  let browser: Browser;
  let tenant: CreatedTenant;
  let chat: ChatPage;

  beforeAll(async () => {
    [browser, tenant] = await Promise.all([
      launchBrowser(),
      // What it may say and spend is wide enough for every flow here.
      newTenant(system.url, 'enterprise'),
    ]);
    chat = await ChatPage.join(browser, tenant.invite?.url ?? '');
  });

  afterAll(() => browser?.close());
  afterEach(() => clearFaults(system.controlUrl));

  const limit = (limits: LimitChanges): Promise<unknown> =>
    new LocalAdmin(system.url).call('PATCH', `/tenants/${tenant.id}`, { limits });
  const secondTab = (): Promise<ChatPage> => ChatPage.open(chat.page.context(), chat.page.url());
  const sidebar = () => chat.page.getByRole('navigation', { name: 'Sessions' });

  it('shows the agent waking, stage by stage, and then its answer', async () => {
    await chat.page.getByText('It is asleep.').waitFor();
    await chat.send('Please plan my garden for spring');
    await chat.page.getByText('Waking your agent').waitFor();
    await chat.page.getByText('Booting OpenClaw').waitFor();
    await chat.answer.getByText(/local stand-in/).waitFor({ timeout: ANSWER_TIMEOUT_MS });
    await chat.settled();
    await chat.page.getByRole('status').filter({ hasText: 'Ready' }).waitFor();
  });

  it('gives the session a title by a call of its own, which is booked like every other', async () => {
    const link = sidebar().getByRole('link', { name: 'Please plan my garden for spring' });
    await link.waitFor();
    const calls = await recordedCalls(system.controlUrl, tenant.id);
    await expect
      .poll(async () => (await recordedCalls(system.controlUrl, tenant.id)).map(workloadOf))
      .toContain('summarize');
    expect(calls.length).toBeGreaterThan(0);
  });

  it('tells the model, the tokens, the cost and the time of an answer', async () => {
    const facts = chat.lastTurn.getByText(
      /kimi-k2\.6 · [\d,]+ tokens · \$\d+\.\d+ · \d+ (?:s|min)/,
    );
    await facts.waitFor();
  });

  it('copies an answer, and asks the same again as a new message', async () => {
    const answer = (await chat.answer.textContent()) ?? '';
    await chat.lastTurn.getByRole('button', { name: 'Copy the answer' }).click();
    await chat.lastTurn.getByText('Copied').waitFor();
    const copied = await chat.page.evaluate(() => navigator.clipboard.readText());
    expect(copied.replace(/\s+/g, ' ').trim()).toBe(answer.replace(/\s+/g, ' ').trim());
    await chat.lastTurn.getByRole('button', { name: 'Ask again' }).click();
    await expect.poll(() => chat.log.getByRole('article').count()).toBe(2);
    await chat.settled();
    await chat.answer.getByText(/Earlier in this conversation/).waitFor();
  });

  it('keeps two tabs in step: the words as they come, a new name, and what was deleted', async () => {
    const other = await secondTab();
    await chat.begin('!long 300');
    await other.answer.getByText(/Sentence 5 of/).waitFor({ timeout: ANSWER_TIMEOUT_MS });
    expect(await other.button('Stop the answer').isVisible(), 'it is seen while it comes').toBe(
      true,
    );
    await Promise.all([chat.settled(), other.settled()]);
    expect(await other.answer.textContent()).toBe(await chat.answer.textContent());
    await sidebar()
      .getByRole('button', { name: /^Rename/ })
      .first()
      .click();
    await chat.page.getByRole('textbox', { name: 'New name of the session' }).fill('In both tabs');
    await chat.page.keyboard.press('Enter');
    await other.page.getByRole('link', { name: 'In both tabs' }).waitFor();
    await other.page.close();
  });

  it('has every word once when the line is lost in the middle of an answer', async () => {
    await noteAnswers(chat.page);
    await chat.begin('!long 600');
    await chat.answer.getByText(/Sentence 5 of/).waitFor({ timeout: ANSWER_TIMEOUT_MS });
    await chat.cutLine();
    await chat.page.getByText('Connection lost. Reconnecting.').waitFor();
    chat.mendLine();
    await chat.settled();
    const whole = (await chat.answer.textContent()) ?? '';
    expect(sentencesOf(whole)).toEqual(sentencesUpTo(67));
    // Also on the way: each state of the answer was a beginning of the whole one.
    const noted = await notedAnswers(chat.page);
    expect(noted.length).toBeGreaterThan(5);
    for (const text of noted) expect(whole.startsWith(text.trimEnd()), text.slice(-60)).toBe(true);
  });

  it('goes on where it was when the page is reloaded in the middle of an answer', async () => {
    await chat.begin('!long 600');
    await chat.answer.getByText(/Sentence 5 of/).waitFor({ timeout: ANSWER_TIMEOUT_MS });
    await chat.page.reload();
    await chat.button('Stop the answer').waitFor();
    await chat.settled();
    expect(sentencesOf((await chat.answer.textContent()) ?? '')).toEqual(sentencesUpTo(67));
  });

  it('stops an answer by Esc and by the button, and keeps what was said', async () => {
    for (const stop of [
      () => chat.page.keyboard.press('Escape'),
      () => chat.button('Stop the answer').click(),
    ]) {
      await chat.begin('!long 5000');
      await chat.answer.getByText(/Sentence 5 of/).waitFor({ timeout: ANSWER_TIMEOUT_MS });
      await stop();
      await chat.lastTurn.getByText('Stopped here.').waitFor();
      expect(await chat.answer.textContent()).toContain('Sentence 5 of');
      expect(await chat.answer.textContent()).not.toContain('Sentence 500 of');
    }
  });

  it('folds a tool call away, with what it was called with and what came out', async () => {
    const note = JSON.stringify({ path: 'garden.txt', content: 'beans and peas' });
    await chat.say(`Please keep a note.\n!tool write ${note}`);
    const card = chat.lastTurn.locator('details').first();
    expect(await card.getAttribute('open')).toBeNull();
    await card.locator('summary').click();
    await card.locator('pre').getByText('beans and peas').first().waitFor();
    await card.getByText('done', { exact: true }).waitFor();
  });

  it('offers another try after an error, and gets its answer', async () => {
    const status = { kind: 'status', status: 400 };
    await addFault(system.controlUrl, { match: { tenant: tenant.id }, times: null, fault: status });
    await chat.send('Are you there?');
    const failed = chat.lastTurn.getByRole('group', { name: 'This turn failed' });
    await failed.waitFor({ timeout: ANSWER_TIMEOUT_MS });
    await clearFaults(system.controlUrl);
    await failed.getByRole('button', { name: 'Try again' }).click();
    await chat.answer.getByText(/Are you there\?/).waitFor({ timeout: ANSWER_TIMEOUT_MS });
    await chat.settled();
  });

  it('keeps what cannot be sent, says so, and sends it once when the line is back', async () => {
    await chat.cutLine();
    await chat.page.getByText('Connection lost. Reconnecting.').waitFor();
    await chat.send('Sent from the dark');
    await chat.page.getByText('1 message waits and will be sent.').waitFor();
    await chat.page.getByText('Waits for the connection').waitFor();
    await chat.page.reload();
    await chat.page.getByText('Waits for the connection').waitFor();
    chat.mendLine();
    await chat.answer.getByText(/Sent from the dark/).waitFor({ timeout: ANSWER_TIMEOUT_MS });
    await chat.settled();
    expect(await chat.log.getByText('Message: Sent from the dark', { exact: true }).count()).toBe(
      1,
    );
  });

  it('keeps a draft for each session, over a reload', async () => {
    await chat.field.fill('half a thought');
    await chat.newSession();
    await chat.field.fill('another one');
    await chat.page.goBack();
    await expect.poll(() => chat.field.inputValue()).toBe('half a thought');
    await chat.page.reload();
    await expect.poll(() => chat.field.inputValue()).toBe('half a thought');
    await chat.field.fill('');
    await chat.newSession();
    expect(await chat.field.inputValue()).toBe('another one');
    await chat.field.fill('');
  });

  it('finds sessions, deletes one with a way back, and then for good', async () => {
    await chat.newSession();
    await chat.say('Count my Éclairs');
    const search = chat.page.getByRole('searchbox');
    const found = sidebar().getByRole('link');
    await chat.page.keyboard.press('Control+k');
    await chat.page.keyboard.type('eclair');
    await expect.poll(() => found.count()).toBe(1);
    await sidebar()
      .getByRole('button', { name: /^Delete/ })
      .click();
    await chat.page.getByText(/^Deleted/).waitFor();
    await expect.poll(() => found.count()).toBe(0);
    await chat.button('Undo').click();
    await expect.poll(() => found.count()).toBe(1);
    await chat.log.getByText('Count my Éclairs').first().waitFor();
    await sidebar()
      .getByRole('button', { name: /^Delete/ })
      .click();
    // Who leaves the page has made up their mind.
    await chat.page.reload();
    await search.waitFor();
    await expect.poll(() => chat.page.getByRole('link', { name: /clairs/ }).count()).toBe(0);
  });

  it('can be used by the keyboard alone, and lists its shortcuts', async () => {
    await chat.page.locator('#main').focus();
    await chat.page.keyboard.press('Shift+?');
    const sheet = chat.page.getByRole('dialog', { name: 'Keyboard shortcuts' });
    await sheet.waitFor();
    await chat.page.keyboard.press('Escape');
    await sheet.waitFor({ state: 'hidden' });
    await chat.page.keyboard.press('/');
    expect(await chat.field.evaluate((field) => field === document.activeElement)).toBe(true);
    const before = chat.page.url();
    await chat.page.keyboard.press('Alt+Shift+ArrowDown');
    await expect.poll(() => chat.page.url()).not.toBe(before);
  });

  it('says when the budget is reached, and goes on when it is raised', async () => {
    await chat.newSession();
    await limit({ maxNanoPerMonth: 1 });
    await chat.send('Is there anything left?');
    const refusal = chat.log.getByText(/budget of \$0\.00 is used up/);
    await refusal.waitFor({ timeout: ANSWER_TIMEOUT_MS });
    await chat.page
      .getByRole('status')
      .getByText(/budget/)
      .first()
      .waitFor();
    await limit({ maxNanoPerMonth: null });
    await chat.settled();
    expect(await chat.say('And now, is there?')).toContain('And now, is there?');
  });

  it('finds no barrier to accessibility in a conversation, light and dark', async () => {
    await chat.say(
      'Please.\n!say\n# Title\n\n- [x] done\n\n```ts\nconst a = 1; // one\n```\n\n| a |\n|---|\n| 1 |\n\n> quoted [link](https://example.com)',
    );
    await chat.answer.locator('.code-keyword').waitFor();
    for (const colorScheme of ['light', 'dark'] as const) {
      await chat.page.emulateMedia({ colorScheme });
      const { violations } = await new AxeBuilder({ page: chat.page }).analyze();
      expect(violations.map(({ id, nodes }) => [id, nodes[0]?.html])).toEqual([]);
    }
    await chat.page.emulateMedia({ colorScheme: null });
  });

  it('wakes from a verified snapshot for the next message, with its words and its files', async () => {
    const before = await containerOf(system, tenant.id);
    await asleep(system.url, tenant.id);
    const said = await typesSaid();
    expect(said).toContain('final');
    const [stored] = storedSnapshots(system.stateDir, tenant.id).slice(-1);
    if (!stored) throw new Error('a snapshot was expected');
    const sha256 = createHash('sha256').update(readFileSync(stored.file)).digest('hex');
    await chat.page.getByRole('status').filter({ hasText: 'Asleep' }).waitFor();
    await chat.send('What did I say first?');
    await chat.page.getByText('Waking your agent').waitFor();
    // OpenClaw sent the conversation from before to the model.
    await chat.answer.getByText(/And now, is there/).waitFor({ timeout: ANSWER_TIMEOUT_MS });
    const { container } = await inspect(system.url, tenant.id);
    expect(container.restored).toEqual({ id: stored.id, sha256 });
    const woken = await containerOf(system, tenant.id);
    expect(woken.pid).not.toBe(before.pid);
    const files = readdirSync(woken.dir, { recursive: true, encoding: 'utf8' });
    const note = files.find((file) => basename(file) === 'garden.txt') ?? '';
    expect(readFileSync(join(woken.dir, note), 'utf8')).toBe('beans and peas');
    expect((await typesSaid()).slice(0, said.length)).toEqual(said);
  });

  /** What kinds of events the session that is shown has, oldest first. */
  async function typesSaid(): Promise<string[]> {
    const sessionId = new URL(chat.page.url()).pathname.split('/').at(-1);
    const answer = await chat.page.evaluate(
      async (path) => (await fetch(path)).json() as Promise<unknown>,
      `/api/sessions/${sessionId}/events`,
    );
    return sessionHistory.parse(answer).events.map(({ data }) => data.type);
  }
});

const workloadOf = ({ metadata }: { metadata: Record<string, unknown> | null }): unknown =>
  metadata?.['workload'];

function sentencesOf(text: string): number[] {
  return [...text.matchAll(/Sentence (\d+) of/g)].map(([, n]) => Number(n));
}

const sentencesUpTo = (count: number): number[] => Array.from({ length: count }, (_, n) => n + 1);
