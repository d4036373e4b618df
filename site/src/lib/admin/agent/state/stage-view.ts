import type { AgentInspection } from '../../../../../../contract/api.ts';
import type { AgentStatus } from '../../../../../../contract/agent.ts';

/** Time since the state began, ms; 0 while this device's clock is behind the agent's. */
export function stateAgeMs({ since }: AgentStatus, now: number): number {
  return Math.max(0, now - since);
}

/** Time since the wake under way began, ms; 0 when none is. */
export function wakeAgeMs({ wakeStartedAt }: AgentStatus, now: number): number {
  return wakeStartedAt === null ? 0 : Math.max(0, now - wakeStartedAt);
}

/** When the agent next looks whether it may fall asleep, UTC ms; null when it does not. */
export function sleepsAt({ due }: AgentInspection): number | null {
  return due.find(({ kind }) => kind === 'idle')?.at ?? null;
}
