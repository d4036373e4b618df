import type { TenantView } from '../../../../../contract/api.ts';
import { isOpen } from './tenant-words.ts';

interface Tab {
  path: string;
  name: string;
}

const TABS: readonly Tab[] = [
  { path: '', name: 'Overview' },
  { path: '/limits', name: 'Limits' },
  { path: '/hostnames', name: 'Hostnames' },
  { path: '/members', name: 'Members' },
  { path: '/keys', name: 'API keys' },
];

/** The pages of a tenant: of one that is built in or going, there is only what it is. */
export function tabsOf(tenant: TenantView): readonly Tab[] {
  return isOpen(tenant) ? TABS : TABS.slice(0, 1);
}
