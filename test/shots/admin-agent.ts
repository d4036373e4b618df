import type { Page } from 'playwright-core';
import type { AgentStatus } from '../../contract/agent.ts';
import { liveFrame } from '../../contract/live.ts';
import type { Shot } from './shot.ts';

/** An agent's page, as an admin on this machine sees it. */
const agent =
  (path: string) =>
  ({ system }: Parameters<Shot['at']>[0]): string =>
    `${system.url}/admin/agents/${path}`;

const isLive = (page: Page) => page.getByText('Live', { exact: true }).waitFor();

/** Shows the agent in another state than it is in: those between two others are over too soon. */
async function inState(page: Page, change: (now: number) => Partial<AgentStatus>): Promise<void> {
  await page.routeWebSocket(/\/live$/, (page_) => {
    const server = page_.connectToServer();
    server.onMessage((text) => {
      const frame = liveFrame.safeParse(JSON.parse(String(text)));
      if (frame.data?.t !== 'live') return page_.send(text);
      const { inspection } = frame.data;
      const changed = { ...inspection.agent, ...change(Date.now()) };
      page_.send(JSON.stringify({ ...frame.data, inspection: { ...inspection, agent: changed } }));
    });
  });
  await page.reload();
  await isLive(page);
}

/** The agent page's shots; the last ones have put it to sleep. */
export const AGENT_SHOTS: readonly Shot[] = [
  { name: 'agent-ready', as: 'nobody', at: agent('duarte'), prepare: isLive },
  {
    name: 'agent-booting',
    as: 'nobody',
    at: agent('duarte'),
    prepare: (page) =>
      inState(page, (now) => ({
        state: 'booting',
        since: now - 7_000,
        wakeStartedAt: now - 8_300,
        expectedWakeMs: 14_000,
        timings: [
          { stage: 'starting', ms: 640 },
          { stage: 'restoring', ms: 690 },
        ],
      })),
    isScreen: true,
  },
  {
    name: 'agent-failed',
    as: 'nobody',
    at: agent('duarte'),
    prepare: (page) =>
      inState(page, (now) => ({
        state: 'failed',
        since: now - 9_000,
        failure: {
          code: 'boot_timeout',
          message: 'OpenClaw did not answer within 180 s of its start.',
          nextTryAt: now + 71_000,
        },
      })),
    isScreen: true,
  },
  { name: 'agent-timeline', as: 'nobody', at: agent('duarte/timeline'), prepare: isLive },
  {
    name: 'agent-timeline-errors',
    as: 'nobody',
    at: agent('duarte/timeline?kind=errors'),
    prepare: isLive,
  },
  { name: 'agent-raw', as: 'nobody', at: agent('duarte/raw'), prepare: isLive, isScreen: true },
  { name: 'agent-system', as: 'nobody', at: agent('system'), prepare: isLive },
  {
    name: 'agent-restart',
    as: 'nobody',
    at: agent('duarte'),
    prepare: async (page) => {
      await isLive(page);
      await page.getByRole('button', { name: 'Restart', exact: true }).click();
      await page.getByRole('alertdialog').waitFor();
    },
    isScreen: true,
  },
  {
    name: 'agent-sleeping',
    as: 'nobody',
    at: agent('duarte'),
    prepare: async (page) => {
      await isLive(page);
      const sleep = page.getByRole('button', { name: 'Sleep', exact: true });
      if ((await sleep.getAttribute('aria-disabled')) === 'false') await sleep.click();
      await page.getByRole('heading', { name: /^Asleep/ }).waitFor();
    },
  },
  {
    name: 'agent-timeline-asleep',
    as: 'nobody',
    at: agent('duarte/timeline'),
    prepare: isLive,
  },
];
