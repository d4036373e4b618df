import type { Identity } from './admission.ts';
import type { Faults } from './faults.ts';
import type { LogStore } from './log-store.ts';
import type { Model } from './model.ts';
import type { Recorder } from './recorder.ts';

/** How the whole gateway is away: not at all, with a 503, or by closing the connection. */
export type Down = 'up' | 'status' | 'close';

/** All that one running stand-in owns. */
export interface GatewayState {
  identity: Identity;
  model: Model;
  faults: Faults;
  recorder: Recorder;
  log: LogStore;
  tokensPerSecond: number | null;
  down: Down;
  logLookupAvailable: boolean;
}
