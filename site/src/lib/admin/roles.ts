import type { OperatorView } from '../../../../contract/api.ts';

export type Role = OperatorView['role'];

export const ROLE_WORDS: Record<Role, string> = {
  viewer: 'Viewer',
  maintainer: 'Maintainer',
  admin: 'Admin',
};

const RANK: Record<Role, number> = { viewer: 0, maintainer: 1, admin: 2 };

/**
 * Whether a role is at least another. Only what is shown depends on it: the server refuses by its own
 * table.
 */
export function isAtLeast(role: Role, needed: Role): boolean {
  return RANK[role] >= RANK[needed];
}
