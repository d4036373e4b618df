import type { AttemptState } from '../../../../contract/agent-calls.ts';
import type { CallSource, Outcome, Settlement } from '../../../../contract/usage.ts';
import type { Toned } from '../ui/tone.ts';

/** How far an attempt or a call is. */
export const CALL_STATES: Record<AttemptState, Toned> = {
  open: { name: 'In flight', tone: 'busy' },
  unsettled: { name: 'Usage looked up', tone: 'warn' },
  final: { name: 'To be booked', tone: 'plain' },
  flushed: { name: 'Booked', tone: 'good' },
};

/** How an attempt ended, and how good that is. */
export const OUTCOMES: Record<Outcome, Toned> = {
  ok: { name: 'Answered', tone: 'good' },
  aborted: { name: 'Caller left', tone: 'warn' },
  timeout: { name: 'No byte in time', tone: 'bad' },
  upstream_error: { name: 'Upstream error', tone: 'bad' },
  network_error: { name: 'Network error', tone: 'bad' },
  cut: { name: 'Cut off', tone: 'bad' },
  lost: { name: 'Lost', tone: 'bad' },
};

/** How it is known what an attempt has used. */
export const SETTLEMENTS: Record<Settlement, string> = {
  exact: 'from the answer',
  looked_up: 'from AI Gateway’s log',
  not_sent: 'never sent',
  estimated: 'estimated',
};

/** Who called. */
export const SOURCES: Record<CallSource, string> = {
  sandbox: 'OpenClaw',
  api: 'API key',
  agent: 'The agent itself',
};
