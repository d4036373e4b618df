import type { IncomingMessage, ServerResponse } from 'node:http';
import type { LogRing } from './log-ring.ts';
import type { Supervisor } from './supervisor.ts';

/** What a route gets. */
export interface Exchange {
  request: IncomingMessage;
  response: ServerResponse;
  url: URL;
  supervisor: Supervisor;
  ring: LogRing;
}
