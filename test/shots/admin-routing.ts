import type { Page } from 'playwright-core';
import type { Scene } from './seed.ts';

const at =
  (path: string) =>
  ({ system }: Scene): string =>
    system.url + path;

/** Enough of a draft that everything the editor can say is on the picture. */
async function draft(page: Page): Promise<void> {
  const tier = page.getByRole('combobox', { name: 'Tier of rule 2' });
  // Before its script runs, nothing follows a choice.
  await page.waitForLoadState('networkidle');
  await tier.selectOption('enterprise');
  await page.getByRole('button', { name: 'Add a rule' }).click();
  await page.getByText('choose a model.').waitFor();
}

/** The pages of routing and usage, as an admin sees them. */
export const ROUTING_SHOTS = [
  { name: 'admin-routing', as: 'nobody', at: at('/admin/routing') },
  { name: 'admin-routing-version', as: 'nobody', at: at('/admin/routing/1') },
  { name: 'admin-routing-edit', as: 'nobody', at: at('/admin/routing/edit'), prepare: draft },
  {
    name: 'admin-routing-test',
    as: 'nobody',
    at: at('/admin/routing/test?tier=premium&promptTokens=200000'),
  },
  { name: 'admin-usage', as: 'nobody', at: at('/admin/usage') },
  { name: 'admin-usage-tenant', as: 'nobody', at: at('/admin/usage?tenant=duarte&range=90d') },
] as const;
