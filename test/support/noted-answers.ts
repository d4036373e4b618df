import type { Page } from 'playwright-core';

declare global {
  interface Window {
    notedAnswers?: string[];
  }
}

/** Notes each state in which the newest answer is drawn from now on, but those that came before. */
export async function noteAnswers(page: Page): Promise<void> {
  await page.evaluate(() => {
    const noted: string[] = [];
    window.notedAnswers = noted;
    const known = document.querySelectorAll('article').length;
    const note = (): void => {
      const turns = [...document.querySelectorAll('article')];
      const text =
        turns.length > known ? turns.at(-1)?.querySelector('.markdown')?.textContent : '';
      if (text && text !== noted.at(-1)) noted.push(text);
      requestAnimationFrame(note);
    };
    note();
  });
}

/** What was noted. */
export function notedAnswers(page: Page): Promise<string[]> {
  return page.evaluate(() => window.notedAnswers ?? []);
}
