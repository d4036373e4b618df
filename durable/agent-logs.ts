import type { AgentLogLine, AgentLogs, AgentLogsQuery } from '../contract/agent-logs.ts';
import { readLogTail, toLogLine } from './log-tail.ts';
import { awakeSupervisor, lookInside } from './look-inside.ts';
import type { SandboxDriver } from './sandbox-driver.ts';
import type { AgentDb } from './storage.ts';
import type { SupervisorClient } from './supervisor-client.ts';

/** Lines asked for at once: the longest ones fit in what is taken of a sandbox's answer. */
const LINES_PER_ASK = 200;
/** Times a sandbox is asked for one page: it keeps 2,000 lines. */
const MAX_ASKS = 10;

const LEVELS = ['debug', 'info', 'warn', 'error'] as const;

type Page = Pick<AgentLogs, 'lines' | 'next' | 'more'>;

/**
 * The part of a log that was asked for: lines right after one, or else the newest. `log` is all of it
 * from there on, oldest first.
 */
export function pickLines(
  log: readonly AgentLogLine[],
  query: Pick<AgentLogsQuery, 'level' | 'q' | 'limit'> & { after: number | null },
): Page {
  const { level, q, limit, after } = query;
  const least = level === undefined ? 0 : LEVELS.indexOf(level);
  const text = q.toLowerCase();
  const isWanted = (line: AgentLogLine): boolean =>
    LEVELS.indexOf(line.level) >= least && line.text.toLowerCase().includes(text);
  const rest = log.filter(({ seq }) => seq > (after ?? 0));
  const wanted = rest.filter(isWanted);
  const end = rest.at(-1)?.seq ?? after ?? 0;
  if (after === null) return { lines: wanted.slice(-limit), next: end, more: false };
  const lines = wanted.slice(0, limit);
  // What does not match need not be looked at again.
  const next = wanted.length > limit ? (lines.at(-1)?.seq ?? after) : end;
  return { lines, next, more: next < end };
}

/** All lines of a running sandbox after one, oldest first. */
async function readAfter(
  supervisor: Pick<SupervisorClient, 'logs'>,
  from: { after: number; generation: number },
): Promise<AgentLogLine[]> {
  const log: AgentLogLine[] = [];
  for (let ask = 0; ask < MAX_ASKS; ask += 1) {
    const after = log.at(-1)?.seq ?? from.after;
    const lines = await supervisor.logs({ lines: LINES_PER_ASK, after });
    // The container is the tenant's, and may say anything: numbers that stand still are the end.
    const newer = lines.filter(({ seq }) => seq > after);
    log.push(...newer.map((line) => toLogLine(line, from.generation)));
    if (newer.length < LINES_PER_ASK) break;
  }
  return log;
}

/**
 * The log of the sandbox that runs, or what was kept of the last one. Wakes nothing. AppError
 * agent_unavailable when a running sandbox does not answer.
 */
export async function readLogs(
  deps: { db: AgentDb; sandbox: Pick<SandboxDriver, 'wake' | 'supervisor'> },
  query: AgentLogsQuery,
): Promise<AgentLogs> {
  const { db, sandbox } = deps;
  const { state, generation } = sandbox.wake;
  /** Where to go on in the log of a generation; null for its newest lines. */
  const afterIn = (of: number): number | null => {
    if (query.after === undefined) return null;
    return query.generation === undefined || query.generation === of ? query.after : 0;
  };
  if (!awakeSupervisor(sandbox)) {
    const tail = readLogTail(db);
    const page = pickLines(tail.lines, { ...query, after: afterIn(tail.generation) });
    return { state, running: false, generation: tail.generation, ...page };
  }
  const after = afterIn(generation);
  const isPlain = query.level === undefined && query.q === '';
  const log = await lookInside(sandbox, async (supervisor) => {
    if (after !== null || !isPlain) return readAfter(supervisor, { after: after ?? 0, generation });
    const newest = await supervisor.logs({ lines: query.limit });
    return newest.map((line) => toLogLine(line, generation));
  });
  return { state, running: true, generation, ...pickLines(log, { ...query, after }) };
}
