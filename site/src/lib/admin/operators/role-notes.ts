import type { Role } from '../roles.ts';

/** What each role may do, the least first. */
export const ROLE_NOTES: readonly { role: Role; note: string }[] = [
  { role: 'viewer', note: 'Looks at everything but the logs of agents, and changes nothing.' },
  {
    role: 'maintainer',
    note: 'Also operates: tenants, agents, snapshots, routing, members, keys and logs.',
  },
  { role: 'admin', note: 'Also deletes tenants, and decides who operates the system.' },
];
