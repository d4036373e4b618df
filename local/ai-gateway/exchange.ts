import type { IncomingMessage, ServerResponse } from 'node:http';
import type { GatewayState } from './state.ts';

/** One HTTP request at the stand-in, and its answer. */
export interface Exchange {
  state: GatewayState;
  req: IncomingMessage;
  res: ServerResponse;
  /** Fires when the client is gone. */
  signal: AbortSignal;
}
