import type { Role } from '../roles.ts';

interface Tab {
  /** The last part of its address; '' for the page itself. */
  path: string;
  name: string;
  /** Who may look at it. */
  role: Role;
  /** Whether it is about a sandbox: the built-in tenant's agent has none. */
  ofSandbox?: true;
}

/** The tabs of an agent's page, in their order. */
const AGENT_TABS: readonly Tab[] = [
  { path: '', name: 'State', role: 'viewer' },
  { path: 'timeline', name: 'Timeline', role: 'viewer' },
  { path: 'calls', name: 'Calls', role: 'viewer' },
  { path: 'sessions', name: 'Sessions', role: 'viewer', ofSandbox: true },
  { path: 'snapshots', name: 'Snapshots', role: 'viewer', ofSandbox: true },
  { path: 'schedules', name: 'Schedules', role: 'viewer', ofSandbox: true },
  { path: 'devices', name: 'Devices', role: 'viewer', ofSandbox: true },
  { path: 'logs', name: 'Logs', role: 'maintainer', ofSandbox: true },
  { path: 'raw', name: 'Raw', role: 'viewer' },
];

/** The tabs an agent has, and which of them is at an address. `base` is the address of the first. */
export function tabsAt(
  { base, pathname }: { base: string; pathname: string },
  hasSandbox: boolean,
): (Tab & { href: string; isCurrent: boolean })[] {
  return AGENT_TABS.filter((tab) => hasSandbox || tab.ofSandbox !== true).map((tab) => {
    const href = tab.path === '' ? base : `${base}/${tab.path}`;
    const isCurrent = pathname === href || (tab.path !== '' && pathname.startsWith(`${href}/`));
    return { ...tab, href, isCurrent };
  });
}
