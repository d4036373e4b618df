import AppWindow from '@lucide/svelte/icons/app-window';
import CalendarClock from '@lucide/svelte/icons/calendar-clock';
import ChartColumn from '@lucide/svelte/icons/chart-column';
import CircleUser from '@lucide/svelte/icons/circle-user';
import History from '@lucide/svelte/icons/history';
import KeyRound from '@lucide/svelte/icons/key-round';
import Users from '@lucide/svelte/icons/users';
import type { Component } from 'svelte';

export interface Section {
  path: string;
  name: string;
  icon: Component;
  /** Whether only owners have anything to see there. */
  forOwners: boolean;
}

/** The pages of the settings, in their order. */
export const SECTIONS: readonly Section[] = [
  { path: '/settings', name: 'You', icon: CircleUser, forOwners: false },
  { path: '/settings/schedules', name: 'Schedules', icon: CalendarClock, forOwners: false },
  { path: '/settings/usage', name: 'Usage', icon: ChartColumn, forOwners: false },
  { path: '/settings/members', name: 'Members', icon: Users, forOwners: true },
  { path: '/settings/keys', name: 'API keys', icon: KeyRound, forOwners: true },
  { path: '/settings/apps', name: 'Apps', icon: AppWindow, forOwners: true },
  { path: '/settings/snapshots', name: 'Snapshots', icon: History, forOwners: true },
];

/** Those that somebody of this role has something to see on. */
export function sectionsFor(role: 'owner' | 'user' | 'operator'): readonly Section[] {
  return SECTIONS.filter(({ forOwners }) => !forOwners || role !== 'user');
}

/** Whether a section is the one that an address belongs to. */
export function isWithin({ path }: Section, pathname: string): boolean {
  return path === '/settings'
    ? pathname === path
    : pathname === path || pathname.startsWith(`${path}/`);
}
