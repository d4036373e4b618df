import {
  agentLogs,
  MAX_LOG_PAGE,
  type AgentLogLine,
  type AgentLogs,
} from '../contract/agent-logs.ts';
import { agentInspection } from '../contract/api.ts';
import { agentPath, type Client } from './client.ts';
import type { Io } from './io.ts';
import { askPatiently, LOOK_MS } from './patience.ts';
import { finalFailure } from './watch-agent.ts';

export interface LogsWanted {
  tenantId: string;
  level?: AgentLogLine['level'] | undefined;
  query?: string | undefined;
  /** Begin with the newest lines only, this many; without it with the oldest that is kept. */
  tail?: number | undefined;
  /** Go on until the agent sleeps. */
  follow: boolean;
}

/**
 * An agent's log lines, each once and in order, over its generations. Ends when the agent sleeps, or
 * without `follow` with what there is. AppError agent_unavailable when it has failed for good, and the
 * last failure when the system can't be reached for long.
 */
export async function* followLogs(
  client: Client,
  io: Io,
  wanted: LogsWanted,
): AsyncGenerator<AgentLogLine> {
  const { tenantId, level, query: q, tail, follow } = wanted;
  const ask = (from: { after?: number; generation?: number; limit: number }): Promise<AgentLogs> =>
    client.request({
      path: agentPath(tenantId, '/logs'),
      query: { level, q, ...from },
      answer: agentLogs,
    });

  const first = tail === undefined ? { after: 0, limit: MAX_LOG_PAGE } : { limit: tail || 1 };
  let page = await ask(first);
  if (tail === 0) page = { ...page, lines: [] };
  let generation = page.generation;
  let after = 0;
  for (;;) {
    // Lines of an older generation than those that were given are old news.
    if (page.generation >= generation) {
      if (page.generation > generation) after = 0;
      generation = page.generation;
      for (const line of page.lines) if (line.seq > after) yield line;
      after = Math.max(after, page.next);
    }
    const isOver = page.state === 'asleep' || !follow;
    if (!page.more) {
      if (isOver) return;
      if (page.state === 'failed') await checkFailure();
      await io.sleep(LOOK_MS);
    }
    const from = { after, generation, limit: MAX_LOG_PAGE };
    page = await askPatiently(io, () => ask(from));
  }

  /** A failed agent may start again by itself; one that does not is the end. */
  async function checkFailure(): Promise<void> {
    const path = agentPath(tenantId);
    const { agent } = await askPatiently(io, () =>
      client.request({ path, answer: agentInspection }),
    );
    const failure = finalFailure(agent);
    if (failure) throw failure;
  }
}
