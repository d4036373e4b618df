import type { AgentStatus } from '../../../../../../contract/agent.ts';
import type { AgentInspection } from '../../../../../../contract/api.ts';
import { TIER_CONFIG } from '../../../../../../contract/tiers.ts';
import type { TimelineData, TimelineEntry } from '../../../../../../contract/timeline.ts';

const ASLEEP: AgentStatus = {
  state: 'asleep',
  since: 1_000,
  generation: 1,
  wakeStartedAt: null,
  expectedWakeMs: 12_000,
  timings: [],
  failure: null,
};

/** An inspection of an agent that is asleep and has done nothing, but for what is given. */
export function inspected(
  given: Omit<Partial<AgentInspection>, 'agent'> & { agent?: Partial<AgentStatus> } = {},
): AgentInspection {
  const { agent, ...rest } = given;
  return {
    tenantId: '11111111-1111-4111-8111-111111111111',
    slug: 'acme',
    tier: 'premium',
    status: 'active',
    recordVersion: 1,
    agent: { ...ASLEEP, ...agent },
    container: { running: false, generation: 1, restored: null },
    sessions: 0,
    openTurns: [],
    connections: 0,
    members: 1,
    due: [],
    ledger: { open: 0, unsettled: 0, outbox: 0, lastFlushAt: null },
    policy: null,
    limits: {
      may: TIER_CONFIG.premium.limits,
      minute: { start: 0, calls: 0, turns: 0 },
      day: { start: 0, tokens: 0, heldTokens: 0 },
      month: { start: 0, nano: 0, heldNano: 0, percent: 0 },
    },
    snapshots: [],
    schedules: [],
    lastIdleAt: null,
    constructedAt: 0,
    ...rest,
  };
}

/** An entry of a timeline; `at` is its number in minutes where nothing else is given. */
export function entry(seq: number, data: TimelineData, at = seq * 60_000): TimelineEntry {
  return { seq, at, generation: 1, data };
}
