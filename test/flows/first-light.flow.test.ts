import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { snapshotList } from '../../contract/snapshots.ts';
import { LocalAdmin } from '../../local/runner/admin.ts';
import { launchBrowser } from '../support/browser.ts';
import { DevProcess, viewOf } from '../support/dev-process.ts';
import { containerOf } from '../support/engine-view.ts';
import { freePort } from '../support/free-port.ts';
import { promptOf, recordedCalls } from '../support/model-record.ts';
import { familyOf } from '../support/processes.ts';

/** A fresh wake on a busy machine; longer is a hang, ms. */
const ANSWER_TIMEOUT_MS = 400_000;
const CODE_WORD = 'tangerine-41';

describe('a newcomer, on one machine', () => {
  let stateDir: string;
  let port: number;
  let dev: DevProcess & { invite: string };
  let browser: Browser;
  let page: Page;
  const deltas: string[] = [];

  beforeAll(async () => {
    stateDir = await mkdtemp(join(tmpdir(), 'skm-dev-'));
    port = await freePort();
    [dev, browser] = await Promise.all([DevProcess.start({ port, stateDir }), launchBrowser()]);
    page = await (await browser.newContext({ locale: 'en-US' })).newPage();
    page.on('websocket', (socket) =>
      socket.on('framereceived', ({ payload }) => {
        if (String(payload).includes('"type":"delta"')) deltas.push(String(payload));
      }),
    );
  });

  afterAll(async () => {
    await browser?.close();
    dev?.kill();
    await rm(stateDir, { recursive: true, force: true });
  });

  const conversation = () => page.getByRole('log');
  const say = async (text: string): Promise<void> => {
    const box = page.getByRole('textbox', { name: 'Message your agent' });
    await box.fill(text);
    await box.press('Enter');
  };

  it('cannot press a button of the invite’s page before its script runs', async () => {
    const context = await browser.newContext({ javaScriptEnabled: false });
    const still = await context.newPage();
    await still.goto(dev.invite);
    expect(await still.getByRole('button', { name: /join/i }).isDisabled()).toBe(true);
    await context.close();
  });

  it('opens the printed invite, types a message, and reads a streamed answer', async () => {
    await page.goto(dev.invite);
    await page.getByRole('button', { name: /join|open|continue/i }).click();
    await page.waitForURL(/\/chat/);
    await say(`Hello! My code word is ${CODE_WORD}.`);
    await conversation()
      .getByText(/local stand-in/)
      .first()
      .waitFor({ timeout: ANSWER_TIMEOUT_MS });
    await page.getByRole('button', { name: 'Send' }).waitFor({ timeout: ANSWER_TIMEOUT_MS });
    expect(deltas.length, 'the answer came in pieces').toBeGreaterThan(3);
  });

  it('was answered by the real OpenClaw, in a process that the engine started', async () => {
    const tenant = await new LocalAdmin(`http://localhost:${port}`).tenant('demo');
    const view = await viewOf(stateDir);
    const calls = await recordedCalls(view.controlUrl, tenant.id);
    const prompts = calls.map(promptOf);
    const own = prompts.find(({ tools }) => tools.includes('read') && tools.includes('write'));
    expect(own, 'a request with OpenClaw’s own tools').toBeDefined();
    expect(own?.system).toContain('OpenClaw');
    expect(own?.system.length).toBeGreaterThan(5_000);

    const container = await containerOf(view, tenant.id);
    const openclaw = familyOf(container.pid).find(({ args }) =>
      args.join(' ').includes('openclaw'),
    );
    expect(openclaw, 'an openclaw process in the container’s group').toBeDefined();
  });

  it('stops on Ctrl-C and leaves neither a process nor a container folder behind', async () => {
    const { containersDir } = await viewOf(stateDir);
    expect(dev.processes().some(({ args }) => args.join(' ').includes('workerd'))).toBe(true);
    expect(await dev.interrupt()).toEqual([]);
    expect(existsSync(containersDir)).toBe(false);
  });

  it('still has the conversation after a new start, and what the agent knows is saved', async () => {
    dev = await DevProcess.start({ port, stateDir });
    await page.reload();
    await conversation().getByText(CODE_WORD).first().waitFor();
    // That one which wakes from what is saved remembers: chat.flow.
    const { snapshots } = snapshotList.parse(
      await new LocalAdmin(`http://localhost:${port}`).call('GET', '/agents/demo/snapshots'),
    );
    expect(snapshots.find(({ current }) => current)).toMatchObject({
      kind: 'sleep',
      state: 'stored',
    });
  });
});
