import { setTimeout as pause } from 'node:timers/promises';
import type { AgentInspection } from '../../contract/api.ts';
import type { Findings } from './findings.ts';
import type { Subject } from './subject.ts';
import type { World } from './world.ts';

/** All that was interrupted has come to its end by then, ms. A watchdog looks every 30 s. */
const QUIET_TIMEOUT_MS = { double: 75_000, real: 300_000 };
const POLL_MS = 100;
/** Looks in a row that must find nothing going on: what ends one thing may begin another. */
const CALM_LOOKS = 2;

/** Waits until every agent rests and every message has its end. What does not is a failure. */
export async function untilQuiet(world: World, findings: Findings): Promise<void> {
  await Promise.all(world.subjects.map((subject) => oneQuiet(world, subject, findings)));
}

async function oneQuiet(world: World, subject: Subject, findings: Findings): Promise<void> {
  const limitMs = world.isReal ? QUIET_TIMEOUT_MS.real : QUIET_TIMEOUT_MS.double;
  const deadline = Date.now() + limitMs;
  let calm = 0;
  let last = 'never looked';
  while (calm < CALM_LOOKS && Date.now() < deadline) {
    await pause(POLL_MS);
    try {
      const agent = await subject.inspect();
      last = unrest(subject, agent) ?? '';
      calm = last === '' ? calm + 1 : 0;
      await helpUp(subject, agent);
    } catch (error) {
      calm = 0;
      last = String(error);
    }
  }
  findings.expect(calm >= CALM_LOOKS, 'state', subject.slug, () => `no rest: ${last}`);
}

/** Somebody comes back to an agent that has failed: not an operator's repair, only another demand. */
async function helpUp(subject: Subject, { agent }: AgentInspection): Promise<void> {
  if (agent.state === 'failed' && agent.failure?.nextTryAt) await subject.admin('POST', '/wake');
}

/** What is still going on; null when nothing is. */
function unrest(subject: Subject, agent: AgentInspection): string | null {
  const { client } = subject;
  const { state, failure } = agent.agent;
  if (state !== 'ready' && state !== 'asleep')
    return `the agent is ${state}${failure ? `: ${failure.code}: ${failure.message}` : ''}`;
  if (agent.openTurns.length > 0) return `open turns: ${JSON.stringify(agent.openTurns)}`;
  const making = agent.snapshots.find((one) => one.state === 'ticketed');
  if (making) return `the ${making.kind} snapshot ${making.id} is under way`;
  for (const message of client.messages.values()) {
    const { id, text, acks, refusals } = message;
    if (acks.length === 0) return `not acknowledged: ${text}; refused: ${refusals.join(', ')}`;
    if (!client.endOf(id)) return `its sender has seen no end of: ${text}`;
  }
  return null;
}
