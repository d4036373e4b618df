import type { AgentInspection } from '../../../../../../contract/api.ts';
import { isWaking } from '../../../chat/wake-progress.ts';
import { plural } from '../../../ui/words.ts';

export type AgentAction = 'wake' | 'sleep' | 'restart' | 'flush' | 'snapshot';

const STANDING: Record<AgentInspection['status'], string | null> = {
  active: null,
  suspended: 'The tenant is suspended: resume it first.',
  deleting: 'The tenant is being deleted.',
  deleted: 'The tenant was deleted.',
};

/** Why an action makes no sense now, in a sentence; null when it does. The server refuses by its own rules. */
export function whyNot(action: AgentAction, { agent, status }: AgentInspection): string | null {
  const { state } = agent;
  const standing = STANDING[status];
  switch (action) {
    case 'wake':
      if (standing !== null) return standing;
      if (state === 'ready') return 'It is awake.';
      if (isWaking(state)) return 'It is waking already.';
      if (state === 'draining') return 'It is falling asleep: Restart wakes it after that.';
      return null;
    case 'sleep':
      if (state === 'asleep') return 'It is asleep.';
      return state === 'failed' ? 'Nothing of it runs.' : null;
    case 'restart':
      if (standing !== null) return standing;
      if (state === 'asleep') return 'It is asleep: Wake starts it.';
      return state === 'failed' ? 'Nothing of it runs: Wake starts it.' : null;
    case 'snapshot':
      if (standing !== null) return standing;
      return state === 'ready' ? null : 'Only what is awake and ready can be saved.';
    case 'flush':
      return null;
  }
}

export interface Force {
  /** What stands in the way without it, in a sentence; null when nothing does. */
  why: string | null;
  /** What is lost by it. */
  cost: string;
}

const UNSAVED = 'What has changed since the newest snapshot is lost when it can’t be saved.';

/** What force is about for a sleep or a restart. */
export function forceFor(
  action: 'sleep' | 'restart',
  { agent, openTurns }: AgentInspection,
): Force {
  if (isWaking(agent.state)) return { why: 'It is waking.', cost: 'The wake is broken off.' };
  if (agent.state === 'draining') {
    const isStuck = agent.failure !== null;
    const why = isStuck ? 'Its state could not be saved yet.' : 'Its state is being saved.';
    return { why: action === 'sleep' ? why : null, cost: UNSAVED };
  }
  if (openTurns.length > 0) {
    const verb = openTurns.length === 1 ? 'is' : 'are';
    return {
      why: `${plural(openTurns.length, 'turn')} ${verb} open.`,
      cost: `An open turn is cut off; it begins again with the next wake, and asks for one. ${UNSAVED}`,
    };
  }
  return { why: null, cost: UNSAVED };
}
