/** One line of the agent's log. Only what is named goes in: no bodies, no tokens, no messages. */
export interface LogEntry {
  level: 'info' | 'warn' | 'error';
  msg: string;
  [key: string]: unknown;
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
