import Activity from '@lucide/svelte/icons/activity';
import ChartColumn from '@lucide/svelte/icons/chart-column';
import HeartPulse from '@lucide/svelte/icons/heart-pulse';
import Route from '@lucide/svelte/icons/route';
import ScrollText from '@lucide/svelte/icons/scroll-text';
import ShieldUser from '@lucide/svelte/icons/shield-user';
import Users from '@lucide/svelte/icons/users';
import type { Component } from 'svelte';

interface Section {
  path: string;
  name: string;
  icon: Component;
  /** Other paths that belong to it. */
  also?: string;
}

/** The pages of the dashboard, in their order. */
const SECTIONS: readonly Section[] = [
  { path: '/admin', name: 'Overview', icon: Activity },
  { path: '/admin/tenants', name: 'Tenants', icon: Users, also: '/admin/agents' },
  { path: '/admin/routing', name: 'Routing', icon: Route },
  { path: '/admin/usage', name: 'Usage', icon: ChartColumn },
  { path: '/admin/audit', name: 'Audit', icon: ScrollText },
  { path: '/admin/operators', name: 'Operators', icon: ShieldUser },
  { path: '/admin/health', name: 'Health', icon: HeartPulse },
];

const lies = (pathname: string, under: string): boolean =>
  pathname === under || pathname.startsWith(`${under}/`);

/** The same, each with whether an address belongs to it. */
export function sectionsAt(pathname: string): (Section & { isCurrent: boolean })[] {
  return SECTIONS.map((section) => {
    const { path, also } = section;
    const isCurrent =
      path === '/admin'
        ? pathname === path
        : lies(pathname, path) || (also !== undefined && lies(pathname, also));
    return { ...section, isCurrent };
  });
}
