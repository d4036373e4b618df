import { expect, test } from 'vitest';
import { sectionsAt } from './sections.ts';

test.each([
  ['/admin', 'Overview'],
  ['/admin/tenants', 'Tenants'],
  ['/admin/tenants/new', 'Tenants'],
  ['/admin/agents/acme', 'Tenants'],
  ['/admin/usage', 'Usage'],
  ['/admin/nothing', undefined],
])('%s belongs to %s', (pathname, name) => {
  expect(sectionsAt(pathname).filter(({ isCurrent }) => isCurrent)).toHaveLength(name ? 1 : 0);
  expect(sectionsAt(pathname).find(({ isCurrent }) => isCurrent)?.name).toBe(name);
});
