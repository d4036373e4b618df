import type { Browser, BrowserContext, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { EVIL, HOSTILE_ANSWERS } from '../../site/src/lib/chat/markdown/hostile-answers.ts';
import { newTenant } from '../support/agents.ts';
import { launchBrowser } from '../support/browser.ts';
import { ChatPage } from '../support/chat-page.ts';
import { ScriptedAgent, turnEvents } from '../support/scripted-agent.ts';

/** Most steps up that six pages of turns can take. */
const MAX_CLIMBS = 300;

/**
 * One step up by its reader; it runs in the page. @returns how far what is looked at has moved by
 * itself within the frames after it, px.
 */
function climb(list: Element): Promise<{ movedPx: number; mounted: number; text: string }> {
  list.scrollTop -= 1_200;
  const edge = list.getBoundingClientRect().top + 100;
  const seen = [...list.querySelectorAll('article')].find(
    (article) => article.getBoundingClientRect().bottom > edge,
  );
  const before = seen?.getBoundingClientRect().top ?? 0;
  return new Promise((resolve) => {
    let frames = 15;
    const frame = (): void => {
      frames -= 1;
      if (frames > 0) return void requestAnimationFrame(frame);
      const isThere = seen?.isConnected === true;
      resolve({
        movedPx: isThere ? Math.abs(seen.getBoundingClientRect().top - before) : Infinity,
        mounted: list.querySelectorAll('article').length,
        text: seen?.textContent?.slice(0, 60) ?? '',
      });
    };
    requestAnimationFrame(frame);
  });
}

/** What the page may ask its own host for while it shows an answer. */
const OWN_PATHS = /^\/(?:chat|_app|api\/me|favicon)/;

describe('the chat page with an agent that says what no real one would', () => {
  const system = inject('system');
  let browser: Browser;
  let context: BrowserContext;
  let origin: string;

  beforeAll(async () => {
    browser = await launchBrowser();
    const { invite } = await newTenant(system.url);
    const chat = await ChatPage.join(browser, invite?.url ?? '');
    context = chat.page.context();
    origin = new URL(chat.page.url()).origin;
    await chat.page.close();
  });

  afterAll(() => browser?.close());

  async function show(agent: ScriptedAgent): Promise<Page> {
    const page = await context.newPage();
    await agent.attach(page);
    await page.goto(origin + agent.path);
    return page;
  }

  const asked = (page: Page, text: string): Locator =>
    page.getByText(`Message: ${text}`, { exact: true });
  it('runs nothing of a hostile answer, and fetches nothing for it', async () => {
    const page = await context.newPage();
    const requests: string[] = [];
    const surprises: string[] = [];
    page.on('request', (request) => requests.push(request.url()));
    page.on('dialog', (dialog) => void dialog.dismiss().then(() => surprises.push('dialog')));
    page.on('popup', () => surprises.push('popup'));
    page.on('pageerror', ({ message }) => surprises.push(message));
    const agent = new ScriptedAgent(
      turnEvents(HOSTILE_ANSWERS.map((answer, n) => ({ question: `Number ${n}`, answer }))),
    );
    await agent.attach(page);
    await page.goto(origin + agent.path);
    for (let n = HOSTILE_ANSWERS.length - 1; n >= 0; n -= 1) {
      await asked(page, `Number ${n}`).scrollIntoViewIfNeeded();
    }
    // The same as one answer that grows, with what is hidden pointed at and pressed.
    const whole = HOSTILE_ANSWERS.join('\n\n***\n\n');
    agent.add({ type: 'user', text: 'All of it', clientId: 'client-all', by: 'Ann' });
    for (let at = 0; at < whole.length; at += 200) {
      agent.add({ type: 'delta', text: whole.slice(at, at + 200) });
    }
    agent.add({ type: 'final', text: whole, ms: 1 });
    const answer = page.getByRole('article').last();
    await answer.getByRole('button', { name: 'Copy the answer' }).waitFor();
    for (const link of await answer.locator('a, button').all()) await link.hover();
    expect(await page.evaluate(() => Reflect.get(window, 'hostileRan'))).toBeUndefined();
    expect(surprises).toEqual([]);
    const elsewhere = requests.filter((url) => !url.startsWith(origin));
    expect(
      elsewhere.filter((url) => !url.startsWith('data:')),
      EVIL,
    ).toEqual([]);
    const paths = requests
      .filter((url) => url.startsWith(origin))
      .map((url) => new URL(url).pathname);
    expect(paths.filter((path) => !OWN_PATHS.test(path))).toEqual([]);
    expect(page.url()).toBe(origin + agent.path);
    await page.close();
  });

  it('opens a session of 10,000 messages at its end, and is read upwards without a jump', async () => {
    const turns = Array.from({ length: 5_000 }, (_, n) => ({
      question: `Question ${n}`,
      answer: `Answer ${n}.\n\n${'Some words that make it longer. '.repeat((n % 7) * 6)}`,
    }));
    const agent = new ScriptedAgent(turnEvents(turns));
    const page = await show(agent);
    await asked(page, 'Question 4999').waitFor();
    expect(await page.getByRole('article').count()).toBeLessThanOrEqual(40);
    const log = page.getByRole('log');
    let reached = '';
    for (let step = 0; step < MAX_CLIMBS && agent.pages < 6; step += 1) {
      const { movedPx, mounted, text } = await log.evaluate(climb);
      expect(movedPx, text).toBeLessThan(3);
      expect(mounted).toBeLessThanOrEqual(100);
      reached = text;
    }
    expect(agent.pages, reached).toBe(6);
    await page.getByRole('button', { name: /Jump to latest/ }).click();
    await asked(page, 'Question 4999').waitFor();
    const isAtEnd = await log.evaluate(
      (list) => list.scrollHeight - list.clientHeight - list.scrollTop < 40,
    );
    expect(isAtEnd).toBe(true);
    await page.close();
  });

  it('never moves a reader who went up, and tells that something new is below', async () => {
    const turns = Array.from({ length: 20 }, (_, n) => ({
      question: `Question ${n}`,
      answer: 'Words. '.repeat(200),
    }));
    const agent = new ScriptedAgent(turnEvents(turns));
    const page = await show(agent);
    await asked(page, 'Question 19').waitFor();
    await page.getByRole('log').hover();
    await page.mouse.wheel(0, -1_500);
    await page.getByRole('button', { name: /Jump to latest/ }).waitFor();
    const place = () => page.getByRole('log').evaluate((list) => list.scrollTop);
    const before = await place();
    agent.add({ type: 'user', text: 'And now?', clientId: 'client-now', by: 'Ann' });
    agent.add({ type: 'delta', text: 'Much more. '.repeat(400) });
    await page.getByText('(something new)').waitFor({ state: 'attached' });
    expect(Math.abs((await place()) - before)).toBeLessThan(3);
    await page.getByRole('button', { name: /Jump to latest/ }).click();
    agent.add({ type: 'delta', text: 'The very end.' });
    await expect
      .poll(() =>
        page
          .getByText('The very end.')
          .isVisible()
          .catch(() => false),
      )
      .toBe(true);
    await page.close();
  });

  it('shows an answer of a megabyte to its end, and stays alive meanwhile', async () => {
    const answer = `${'A paragraph of a **very** long answer.\n\n'.repeat(27_000)}The end of it`;
    const agent = new ScriptedAgent(turnEvents([{ question: 'All of it', answer }]));
    const page = await show(agent);
    await page.getByRole('heading', { name: 'A scripted session' }).waitFor();
    const field = page.getByRole('textbox', { name: 'Message your agent' });
    await field.fill('Still here');
    await expect.poll(() => field.inputValue()).toBe('Still here');
    await page.waitForFunction(
      () => document.querySelector('.chunk:last-child')?.textContent?.includes('The end of it'),
      undefined,
      { timeout: 120_000, polling: 500 },
    );
    await page.close();
  });
});
