import type { Shot } from './shot.ts';

/** The first page of the dashboard and its last; who asks on this machine is an admin. */
export const ADMIN_OVERVIEW_SHOTS: readonly Shot[] = [
  { name: 'admin-overview', as: 'nobody', at: ({ system }) => `${system.url}/admin` },
  { name: 'admin-health', as: 'nobody', at: ({ system }) => `${system.url}/admin/health` },
];
