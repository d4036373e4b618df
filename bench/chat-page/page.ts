import type { Browser, Page, Response } from 'playwright-core';
import { TaskTrace } from './task-trace.ts';

/** An answer that takes longer never comes, ms. */
const ANSWER_TIMEOUT_MS = 180_000;

/** How a page bore an answer. */
export interface Streamed {
  wallMs: number;
  /** Length of the answer as it is shown. */
  answerChars: number;
  /** Tasks of 50 ms and more, ms. */
  longTasksMs: number[];
  /** CPU time of the longest task, ms. */
  longestCpuMs: number;
  /** Median time between two drawn frames, ms. */
  frameMs: number;
}

interface Watched {
  longTasksMs: number[];
  /** When each frame was drawn, ms. */
  frames: number[];
}

/**
 * Notes long tasks and frames until an answer has begun and ended; it runs in the page. The page is
 * looked at from within, frame by frame: looking from outside costs it more than it measures.
 */
function watch(): Promise<Watched> {
  const watched: Watched = { longTasksMs: [], frames: [] };
  const observer = new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) watched.longTasksMs.push(duration);
  });
  observer.observe({ type: 'longtask' });
  return new Promise((resolve) => {
    let hasBegun = false;
    const frame = (at: number): void => {
      watched.frames.push(at);
      const isOpen = document.querySelector('[aria-label="Stop the answer"]') !== null;
      hasBegun ||= isOpen;
      if (isOpen || !hasBegun) return void requestAnimationFrame(frame);
      // What the settled answer costs belongs to it.
      setTimeout(() => {
        observer.disconnect();
        resolve(watched);
      }, 500);
    };
    requestAnimationFrame(frame);
  });
}

/** A member's chat page in a browser. */
export class ChatPage {
  readonly #page: Page;
  /** All that the page has loaded since it was opened. */
  readonly responses: Response[] = [];

  private constructor(page: Page) {
    this.#page = page;
    page.on('response', (response) => this.responses.push(response));
  }

  /** Signs in by an invite, and opens the chat anew, so that all it loads is seen. */
  static async join(browser: Browser, invite: string): Promise<ChatPage> {
    const page = await (await browser.newContext({ locale: 'en-US' })).newPage();
    await page.goto(invite);
    await page.getByRole('button', { name: /join|open|continue/i }).click();
    await page.waitForURL(/\/chat/);
    const chat = new ChatPage(page);
    await page.reload();
    await chat.#field.focus();
    await page
      .getByRole('status')
      .filter({ hasText: /Asleep|Ready/ })
      .waitFor();
    return chat;
  }

  async newSession(): Promise<void> {
    await this.#page.getByRole('link', { name: 'New session' }).click();
    await this.#page.getByText('What should your agent do?').waitFor();
  }

  /** Sends a message and waits for its settled answer. */
  async ask(text: string): Promise<Streamed> {
    await this.#field.fill(text);
    const trace = await TaskTrace.start(this.#page);
    const watching = this.#page.evaluate(watch);
    const startedAt = performance.now();
    await this.#field.press('Enter');
    const { longTasksMs, frames } = await within(ANSWER_TIMEOUT_MS, watching);
    const wallMs = performance.now() - startedAt;
    const longestCpuMs = await trace.longestCpuMs();
    const answers = await this.#page.locator('article .markdown').allTextContents();
    const answerChars = answers.at(-1)?.length ?? 0;
    const gaps = frames.slice(1).map((at, place) => at - (frames[place] ?? at));
    return {
      wallMs,
      answerChars,
      longTasksMs,
      longestCpuMs,
      frameMs: gaps.toSorted((a, b) => a - b)[gaps.length >> 1] ?? 0,
    };
  }

  get #field() {
    return this.#page.getByRole('textbox', { name: 'Message your agent' });
  }
}

async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('the answer did not end')), ms);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}
