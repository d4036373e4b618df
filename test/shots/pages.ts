import { AGENT_SHOTS } from './admin-agent.ts';
import { ADMIN_OVERVIEW_SHOTS } from './admin-overview.ts';
import { INSIDE_SHOTS } from './admin-inside.ts';
import { ROUTING_SHOTS } from './admin-routing.ts';
import { ADMIN_TENANT_SHOTS } from './admin-tenants.ts';
import type { Scene } from './seed.ts';
import type { Shot } from './shot.ts';

const apex =
  (path: string) =>
  ({ system }: Scene): string =>
    system.url + path;
const tenant =
  (path: string) =>
  ({ origin }: Scene): string =>
    origin + path;

export const SHOTS: readonly Shot[] = [
  { name: 'home', as: 'nobody', at: apex('/') },
  { name: 'sign-in', as: 'nobody', at: apex('/sign-in') },
  { name: 'status', as: 'nobody', at: apex('/status') },
  { name: 'missing', as: 'nobody', at: apex('/nothing-here') },
  { name: 'join', as: 'nobody', at: ({ origin, join }) => origin + join.open },
  {
    name: 'join-used',
    as: 'nobody',
    at: ({ origin, join }) => origin + join.used,
    prepare: async (page) => {
      await page.getByRole('button', { name: /join/i }).click();
      await page.getByRole('heading', { name: /invite/i }).waitFor();
      await page.getByText('was used already').waitFor();
    },
  },
  { name: 'join-again', as: 'owner', at: ({ origin, join }) => origin + join.open },
  { name: 'signed-out', as: 'nobody', at: tenant('/settings') },
  {
    name: 'chat',
    as: 'owner',
    at: ({ origin, sessionId }) => `${origin}/chat/${sessionId}`,
    prepare: (page) => page.getByText('Shall I draft').waitFor(),
    isScreen: true,
  },
  {
    name: 'chat-new',
    as: 'owner',
    at: tenant('/chat'),
    prepare: (page) => page.getByText('It is awake').waitFor(),
    isScreen: true,
  },
  { name: 'settings-you', as: 'owner', at: tenant('/settings') },
  { name: 'settings-members', as: 'owner', at: tenant('/settings/members') },
  {
    name: 'settings-invite',
    as: 'owner',
    at: tenant('/settings/members'),
    prepare: async (page) => {
      await page.getByRole('button', { name: 'Invite', exact: true }).click();
      await page.getByRole('button', { name: 'Make the link' }).waitFor();
    },
    isScreen: true,
  },
  { name: 'settings-keys', as: 'owner', at: tenant('/settings/keys') },
  { name: 'settings-schedules', as: 'owner', at: tenant('/settings/schedules') },
  {
    name: 'settings-schedule',
    as: 'owner',
    at: ({ origin, scheduleId }) => `${origin}/settings/schedules/${scheduleId}`,
    prepare: (page) => page.getByText('Next runs').locator('xpath=..//li').first().waitFor(),
  },
  { name: 'settings-usage', as: 'owner', at: tenant('/settings/usage?range=30d') },
  { name: 'settings-snapshots', as: 'owner', at: tenant('/settings/snapshots') },
  { name: 'settings-apps', as: 'owner', at: tenant('/settings/apps') },
  ...ADMIN_OVERVIEW_SHOTS,
  { name: 'settings-user', as: 'user', at: tenant('/settings/members') },
  ...INSIDE_SHOTS,
  ...AGENT_SHOTS,
  ...ROUTING_SHOTS,
  ...ADMIN_TENANT_SHOTS,
];
