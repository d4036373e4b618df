import type { Page } from 'playwright-core';
import type { Shot } from './shot.ts';

/** A page of the dashboard, as an admin on this machine sees it. */
const admin = (name: string, path: string, rest: Partial<Shot> = {}): Shot => ({
  name: `admin-${name}`,
  as: 'nobody',
  at: ({ system }) => `${system.url}/admin${path}`,
  ...rest,
});

/** Opens what a button opens. */
const pressed = (button: string) => ({
  prepare: async (page: Page) => {
    await page.waitForLoadState('networkidle');
    await page.getByRole('button', { name: button, exact: true }).click();
    await page.getByRole('button', { name: 'Cancel' }).waitFor();
  },
  isScreen: true as const,
});

/** Tenants, operators and the audit. */
export const ADMIN_TENANT_SHOTS: readonly Shot[] = [
  admin('tenants', '/tenants'),
  admin('tenants-attention', '/tenants?attention=true&sort=since'),
  admin('tenants-none', '/tenants?q=nobody-is-named-so'),
  admin('tenants-new', '/tenants/new'),
  admin('tenants-created', '/tenants/new', {
    prepare: async (page) => {
      await page.waitForLoadState('networkidle');
      await page.getByRole('button', { name: 'Create the tenant' }).click();
      await page.getByRole('textbox', { name: 'Invite link of the owner' }).waitFor();
    },
  }),
  admin('tenant', '/tenants/duarte'),
  admin('tenant-attention', '/tenants/orchard-and-sons'),
  admin('tenant-system', '/tenants/system'),
  admin('tenant-plan', '/tenants/duarte', pressed('Change tier or internet')),
  admin('tenant-suspend', '/tenants/duarte', pressed('Suspend')),
  admin('tenant-delete', '/tenants/duarte', pressed('Delete')),
  admin('tenant-limits', '/tenants/duarte/limits', {
    prepare: async (page) => {
      await page.waitForLoadState('networkidle');
      await page.getByRole('textbox', { name: 'Sessions, its own' }).fill('0');
      await page.getByRole('textbox', { name: /Money a month/ }).fill('250');
    },
  }),
  admin('tenant-hostnames', '/tenants/duarte/hostnames'),
  admin('tenant-members', '/tenants/duarte/members'),
  admin('tenant-keys', '/tenants/duarte/keys'),
  admin('operators', '/operators'),
  admin('operators-add', '/operators', pressed('Add an operator')),
  admin('audit', '/audit'),
  admin('audit-entry', '/audit?action=tenant.create', {
    prepare: async (page) => {
      await page.getByRole('link', { name: 'This entry alone: tenant.create' }).first().click();
      await page.getByRole('heading', { name: 'An entry of the audit' }).waitFor();
    },
  }),
];
