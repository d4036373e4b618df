import type { Browser, BrowserContext, Locator, Page, WebSocketRoute } from 'playwright-core';

/** A fresh wake on a busy machine; longer is a hang, ms. */
export const ANSWER_TIMEOUT_MS = 400_000;

/** A member's chat in a browser, as a person has it in front of them. */
export class ChatPage {
  readonly page: Page;
  /** The page's open lines to the agent, which a test may cut. */
  readonly #lines = new Set<WebSocketRoute>();
  #isCut = false;

  private constructor(page: Page) {
    this.page = page;
  }

  /** A browser of its own, signed in by an invite. */
  static async join(browser: Browser, invite: string): Promise<ChatPage> {
    const context = await browser.newContext({
      locale: 'en-US',
      permissions: ['clipboard-read', 'clipboard-write'],
    });
    const chat = await ChatPage.open(context, invite);
    await chat.page.getByRole('button', { name: /join|open|continue/i }).click();
    await chat.page.waitForURL(/\/chat/);
    return chat;
  }

  /** One more tab of a browser, at an address. */
  static async open(context: BrowserContext, url: string): Promise<ChatPage> {
    const chat = new ChatPage(await context.newPage());
    await chat.page.routeWebSocket(/\/api\/socket$/, (line) => chat.#connect(line));
    await chat.page.goto(url);
    return chat;
  }

  #connect(line: WebSocketRoute): void {
    if (this.#isCut) return void line.close({ code: 1013, reason: 'the test has cut the line' });
    line.connectToServer();
    this.#lines.add(line);
  }

  /** Cuts the line to the agent, and every new one, until it is mended. */
  async cutLine(): Promise<void> {
    this.#isCut = true;
    await Promise.all([...this.#lines].map((line) => line.close({ code: 1013, reason: 'cut' })));
    this.#lines.clear();
  }

  mendLine(): void {
    this.#isCut = false;
  }

  get field(): Locator {
    return this.page.getByRole('textbox', { name: 'Message your agent' });
  }

  get log(): Locator {
    return this.page.getByRole('log');
  }

  /** The newest message with its answer. */
  get lastTurn(): Locator {
    return this.log.getByRole('article').last();
  }

  get answer(): Locator {
    return this.lastTurn.locator('.markdown');
  }

  button(name: string | RegExp): Locator {
    return this.page.getByRole('button', { name });
  }

  async newSession(): Promise<void> {
    await this.page.getByRole('link', { name: 'New session' }).click();
    await this.page.getByText('What should your agent do?').waitFor();
  }

  async send(text: string): Promise<void> {
    await this.field.fill(text);
    await this.field.press('Enter');
  }

  /** Waits until nothing is being answered any more. */
  async settled(): Promise<void> {
    await this.button('Send').waitFor({ timeout: ANSWER_TIMEOUT_MS });
  }

  /** Sends a message and waits until its turn is there. */
  async begin(text: string): Promise<void> {
    const before = await this.log.getByRole('article').count();
    const isNew = (await this.page.getByText('What should your agent do?').count()) > 0;
    await this.send(text);
    await this.log
      .getByRole('article')
      .nth(isNew ? 0 : before)
      .waitFor();
  }

  /** Sends a message and waits for its settled answer. */
  async say(text: string): Promise<string> {
    await this.begin(text);
    const foot = this.lastTurn.getByRole('button', { name: 'Copy the answer' });
    await foot.waitFor({ timeout: ANSWER_TIMEOUT_MS });
    return (await this.answer.textContent()) ?? '';
  }
}
