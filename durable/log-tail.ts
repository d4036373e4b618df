import type { AgentLogLine } from '../contract/agent-logs.ts';
import { byteLength } from './batch-bytes.ts';
import { readCell, writeCell } from './cells.ts';
import { atMost } from './deadline.ts';
import { LOG_LINE_CHARS, type SupervisorClient } from './supervisor-client.ts';
import type { AgentDb } from './storage.ts';

/** Lines kept of a sandbox that is gone: a boot that failed says why in its last few dozen. */
export const MAX_TAIL_LINES = 200;
/** And so many bytes as JSON: a value in the agent's SQLite has 2 MB at most. */
export const MAX_TAIL_BYTES = 128 * 1_024;
/** A sandbox that is about to go is waited for this long, ms: it holds up the next one. */
const TAIL_TIMEOUT_MS = 3_000;

type SupervisorLine = Awaited<ReturnType<SupervisorClient['logs']>>[number];

/** A line as operators see it. The container is the tenant's: how long a line is, is not its to say. */
export function toLogLine({ msg, ...line }: SupervisorLine, generation: number): AgentLogLine {
  return { ...line, generation, text: msg.slice(0, LOG_LINE_CHARS) };
}

/** The newest lines that fit, oldest first. */
export function fitTail(lines: readonly AgentLogLine[]): AgentLogLine[] {
  const newest = lines.slice(-MAX_TAIL_LINES).toReversed();
  let bytes = 0;
  const over = newest.findIndex((line) => {
    bytes += byteLength(JSON.stringify(line));
    return bytes > MAX_TAIL_BYTES;
  });
  return (over < 0 ? newest : newest.slice(0, over)).toReversed();
}

/**
 * Keeps the end of a generation's log before its sandbox goes, so that what became of it can be asked
 * afterwards. Waits a few seconds at most; rejects when nothing was said.
 */
export async function keepLogTail(options: {
  db: AgentDb;
  supervisor: Pick<SupervisorClient, 'logs'>;
  generation: number;
  /** Whether it is still this generation's turn to be kept. */
  isCurrent(): boolean;
}): Promise<void> {
  const { db, supervisor, generation, isCurrent } = options;
  const kept = supervisor.logs({ lines: MAX_TAIL_LINES }).then((lines) => {
    const tail = fitTail(lines.map((line) => toLogLine(line, generation)));
    if (isCurrent()) writeCell(db, 'logTail', { generation, lines: tail });
  });
  await atMost(TAIL_TIMEOUT_MS, kept);
}

/** What was kept last, of whichever generation; of generation 0 when nothing ever was. */
export function readLogTail(db: AgentDb): { generation: number; lines: AgentLogLine[] } {
  return readCell(db, 'logTail') ?? { generation: 0, lines: [] };
}
