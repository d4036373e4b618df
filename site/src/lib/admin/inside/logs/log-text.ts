import type { AgentLogLine } from '../../../../../../contract/agent-logs.ts';

/** A moment to the millisecond, UTC: 14:03:21.085. */
export const clockOf = (at: number): string => new Date(at).toISOString().slice(11, 23);

/** Lines as a file of text has them, one of them each, with all that is known of them. */
export function logText(lines: readonly AgentLogLine[]): string {
  return lines
    .map(({ at, generation, source, level, text }) => {
      const when = new Date(at).toISOString();
      return `${when} g${generation} ${source} ${level.toUpperCase()} ${text}\n`;
    })
    .join('');
}
