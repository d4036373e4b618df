import type { AgentState, TenantStatus } from '../../../../contract/agent.ts';
import type { Toned } from '../ui/tone.ts';

/** The states of the wake machine as operators read them. */
export const STATE_WORDS: Record<AgentState, Toned> = {
  asleep: { name: 'Asleep', tone: 'plain' },
  starting: { name: 'Starting', tone: 'busy' },
  restoring: { name: 'Restoring', tone: 'busy' },
  booting: { name: 'Booting', tone: 'busy' },
  ready: { name: 'Ready', tone: 'good' },
  draining: { name: 'Draining', tone: 'busy' },
  failed: { name: 'Failed', tone: 'bad' },
};

export const STATUS_WORDS: Record<TenantStatus, Toned> = {
  active: { name: 'Active', tone: 'good' },
  suspended: { name: 'Suspended', tone: 'warn' },
  deleting: { name: 'Deleting', tone: 'bad' },
  deleted: { name: 'Deleted', tone: 'plain' },
};
