import { expect, test } from 'vitest';
import type { AgentState } from '../contract/agent.ts';
import type { SupervisorStatus } from '../contract/supervisor.ts';
import { Oversight, type OversightDeps } from './oversight.ts';
import { SupervisorError } from './supervisor-client.ts';
import { INITIAL_WAKE } from './wake.ts';

const STATUS: SupervisorStatus = {
  protocol: 1,
  // A container may say anything; the agent knows which life it is.
  generation: 99,
  rev: 1,
  stage: 'ready',
  reason: null,
  startedAt: 7,
  timings: {},
  openclaw: { version: '2026.1.1', pid: 9, restarts: 2, lastExit: null },
  memory: { rssBytes: 1, openclawRssBytes: 2, limitBytes: null },
  restored: null,
};

/** The look at an agent in a state, and how often its supervisor was asked. */
function look(state: AgentState, status: () => Promise<SupervisorStatus>) {
  let asked = 0;
  const supervisor = {
    status() {
      asked += 1;
      return status();
    },
  };
  const oversight = new Oversight({
    door: { record: () => ({}) },
    sandbox: { wake: { ...INITIAL_WAKE, state, generation: 3 }, supervisor: () => supervisor },
  } as unknown as OversightDeps);
  return { answer: oversight.sandboxLook(), asked: () => asked };
}

test.each(['restoring', 'booting', 'ready', 'draining'] as const)(
  'the supervisor of an agent that is %s is asked, and says its memory and no pid',
  async (state) => {
    const { answer } = look(state, () => Promise.resolve(STATUS));
    expect(await answer).toEqual({
      generation: 3,
      startedAt: 7,
      memory: STATUS.memory,
      openclaw: { version: '2026.1.1', restarts: 2 },
    });
  },
);

test.each(['asleep', 'starting', 'failed'] as const)(
  'of an agent that is %s nothing is asked',
  async (state) => {
    const { answer, asked } = look(state, () => Promise.resolve(STATUS));
    expect([await answer, asked()]).toEqual([null, 0]);
  },
);

test('a supervisor without an answer is said to be so', async () => {
  const { answer } = look('ready', () => Promise.reject(new SupervisorError('broken', 'no')));
  await expect(answer).rejects.toMatchObject({ code: 'agent_unavailable' });
});
