/** One line of the agent's log. Only what is named goes in: no bodies, no tokens, no messages. */
export interface LogEntry {
  level: 'info' | 'warn' | 'error';
  msg: string;
  [key: string]: unknown;
}

/** A reason is cut at this many characters. */
const MAX_REASON_CHARS = 500;

/**
 * An error as a line of the log says it: its own words, bounded. The words of a failed query are its
 * whole statement with the values in it, members' words among them, so there its cause speaks.
 */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error).slice(0, MAX_REASON_CHARS);
  const { name, message } = error.cause instanceof Error ? error.cause : error;
  return `${name}: ${message}`.slice(0, MAX_REASON_CHARS);
}

/** Writes structured lines that carry the tenant, as Workers Logs index them. */
export function agentLog(tenantId: () => string | null): (entry: LogEntry) => void {
  return (entry) => {
    const line = JSON.stringify({ at: Date.now(), tenant: tenantId(), ...entry });
    // oxlint-disable-next-line no-console -- Workers Logs take a Worker's console
    if (entry.level === 'error') console.error(line);
    // oxlint-disable-next-line no-console -- as above
    else console.log(line);
  };
}
