import type { AgentState } from '../contract/agent.ts';
import { agentInspection, type AgentInspection } from '../contract/api.ts';
import { AppError } from '../contract/errors.ts';
import { timelinePage, type TimelineEntry } from '../contract/timeline.ts';
import { agentPath, type Client } from './client.ts';
import type { Io } from './io.ts';
import { askPatiently, LOOK_MS } from './patience.ts';

/** Timeline entries of one answer, the most that the route gives. */
const TIMELINE_PAGE = 200;

/** One line of `agent watch`: how the agent is, what happened to it, or that it sleeps by now. */
export type WatchLine =
  | { t: 'agent'; inspection: AgentInspection }
  | { t: 'timeline'; entry: TimelineEntry }
  | { t: 'end'; state: AgentState; generation: number; at: number };

const isClock = (key: string): boolean => key === 'constructedAt' || key === 'start';

/** What of an inspection is worth a line when it changes: the clock's windows move by themselves. */
function withoutClock(inspection: AgentInspection): string {
  return JSON.stringify(inspection, (key, value: unknown) => (isClock(key) ? 0 : value));
}

/** The failure of an agent that stays as it is until somebody asks for it, or null. */
export function finalFailure({ state, failure }: AgentInspection['agent']): AppError | null {
  if (state !== 'failed' || (failure && failure.nextTryAt !== null)) return null;
  const why = failure?.message ?? 'no reason is known';
  return new AppError('agent_unavailable', `The agent failed: ${why}`);
}

/**
 * How an agent is, and then what happens to it and how it changes, until it sleeps. One that sleeps
 * already is told once. AppError agent_unavailable when it has failed for good, and the last failure
 * when the system can't be reached for long. It looks every second, which moves nothing.
 */
export async function* watchAgent(
  client: Client,
  io: Io,
  tenantId: string,
): AsyncGenerator<WatchLine> {
  const look = () => client.request({ path: agentPath(tenantId), answer: agentInspection });
  const happened = (query: { after?: number; limit: number }) =>
    client.request({ path: agentPath(tenantId, '/timeline'), query, answer: timelinePage });

  // Where the timeline stands comes first: what happens between the two is told, if twice seen.
  let after = (await happened({ limit: 1 })).lastSeq;
  let inspection = await look();
  let shown = '';
  for (;;) {
    for (;;) {
      const query = { after, limit: TIMELINE_PAGE };
      const { entries, more } = await askPatiently(io, () => happened(query));
      for (const entry of entries) yield { t: 'timeline', entry };
      after = entries.at(-1)?.seq ?? after;
      if (!more || entries.length === 0) break;
    }
    const shape = withoutClock(inspection);
    if (shape !== shown) yield { t: 'agent', inspection };
    shown = shape;
    const { state, generation, since } = inspection.agent;
    const failure = finalFailure(inspection.agent);
    if (state === 'asleep' || failure) yield { t: 'end', state, generation, at: since };
    if (failure) throw failure;
    if (state === 'asleep') return;
    await io.sleep(LOOK_MS);
    inspection = await askPatiently(io, look);
  }
}
