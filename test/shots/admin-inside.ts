import type { Page } from 'playwright-core';
import type { Scene } from './seed.ts';
import type { Shot } from './shot.ts';

const inside =
  (path: string) =>
  ({ system }: Scene): string =>
    `${system.url}/admin/agents/duarte/${path}`;
const heading = (page: Page): Promise<void> => page.getByRole('heading', { level: 1 }).waitFor();

/** The tabs that look inside the agent. A caller on this machine is an admin. */
export const INSIDE_SHOTS: readonly Shot[] = [
  { name: 'admin-inside-calls', as: 'nobody', at: inside('calls'), prepare: heading },
  {
    name: 'admin-inside-call',
    as: 'nobody',
    at: inside('calls'),
    prepare: async (page) => {
      const region = page.getByRole('region', { name: /attempts|not booked yet/ });
      await region.getByRole('link').first().click();
      await page.getByRole('heading', { name: 'A call' }).waitFor();
      await page.getByText('Every rule and model').click();
    },
  },
  { name: 'admin-inside-sessions', as: 'nobody', at: inside('sessions'), prepare: heading },
  {
    name: 'admin-inside-gate',
    as: 'nobody',
    at: ({ sessionId, ...scene }) => inside(`sessions/${sessionId}`)({ sessionId, ...scene }),
    prepare: (page) => page.getByRole('button', { name: 'Read the conversation' }).waitFor(),
  },
  {
    name: 'admin-inside-session',
    as: 'nobody',
    at: ({ sessionId, ...scene }) => inside(`sessions/${sessionId}`)({ sessionId, ...scene }),
    prepare: async (page) => {
      await page.getByRole('button', { name: 'Read the conversation' }).click();
      await page.getByText('No turn is open').waitFor();
    },
  },
  { name: 'admin-inside-snapshots', as: 'nobody', at: inside('snapshots'), prepare: heading },
  {
    name: 'admin-inside-schedules',
    as: 'nobody',
    at: ({ scheduleId, ...scene }) =>
      inside(`schedules?schedule=${scheduleId}`)({ scheduleId, ...scene }),
    prepare: (page) => page.getByRole('heading', { name: 'Last runs' }).waitFor(),
  },
  { name: 'admin-inside-devices', as: 'nobody', at: inside('devices'), prepare: heading },
  {
    name: 'admin-inside-logs',
    as: 'nobody',
    at: inside('logs'),
    prepare: (page) => page.getByRole('log').waitFor(),
  },
  {
    name: 'admin-inside-restore',
    as: 'nobody',
    at: inside('snapshots'),
    prepare: async (page) => {
      await page.waitForLoadState('networkidle');
      const save = page.getByRole('button', { name: 'Snapshot now' });
      if (await save.isVisible()) {
        await save.click();
        await page
          .getByRole('button', { name: /^Restore/ })
          .first()
          .waitFor();
      }
      await page
        .getByRole('button', { name: /^Restore/ })
        .first()
        .click();
      await page.getByRole('alertdialog').waitFor();
    },
    isScreen: true,
  },
];
