import { expect, test } from 'vitest';
import { inspected } from '../testing/inspected.ts';
import { forceFor, whyNot, type AgentAction } from './agent-actions.ts';

const ACTIONS: AgentAction[] = ['wake', 'sleep', 'restart', 'flush', 'snapshot'];

test.each([
  ['asleep', ['wake', 'flush']],
  ['starting', ['sleep', 'restart', 'flush']],
  ['booting', ['sleep', 'restart', 'flush']],
  ['ready', ['sleep', 'restart', 'flush', 'snapshot']],
  ['draining', ['sleep', 'restart', 'flush']],
  ['failed', ['wake', 'flush']],
] as const)('what is offered for an agent that is %s is %j', (state, offered) => {
  const agent = inspected({ agent: { state } });
  expect(ACTIONS.filter((action) => whyNot(action, agent) === null)).toEqual(offered);
});

test('a suspended tenant’s agent sleeps and is flushed, and nothing else', () => {
  const agent = inspected({ agent: { state: 'ready' }, status: 'suspended' });
  expect(ACTIONS.filter((action) => whyNot(action, agent) === null)).toEqual(['sleep', 'flush']);
  expect(whyNot('wake', agent)).toContain('suspended');
});

test('force is needed where something is under way, and says what', () => {
  const turn = { id: 't', sessionId: 's', state: 'running', since: 1 };
  const busy = inspected({ agent: { state: 'ready' }, openTurns: [turn, turn] });
  expect(forceFor('sleep', busy).why).toBe('2 turns are open.');
  expect(forceFor('sleep', inspected({ agent: { state: 'ready' } })).why).toBeNull();
  expect(forceFor('restart', inspected({ agent: { state: 'booting' } })).why).toContain('waking');
  const draining = inspected({ agent: { state: 'draining' } });
  expect(forceFor('sleep', draining).why).toContain('being saved');
  expect(forceFor('restart', draining).why).toBeNull();
});
