import type { CallSource, Outcome, Settlement } from '../../../../../contract/usage.ts';

/** How an attempt ended, as operators read it. */
export const OUTCOME_WORDS: Record<Outcome, { name: string; tone: 'good' | 'warn' | 'bad' }> = {
  ok: { name: 'Answered', tone: 'good' },
  aborted: { name: 'Aborted', tone: 'warn' },
  timeout: { name: 'Timed out', tone: 'bad' },
  upstream_error: { name: 'Upstream error', tone: 'bad' },
  network_error: { name: 'Network error', tone: 'bad' },
  cut: { name: 'Cut off', tone: 'bad' },
  lost: { name: 'Lost', tone: 'bad' },
};

/** How its usage came to be known. */
export const SETTLED_WORDS: Record<Settlement, string> = {
  exact: 'exact',
  looked_up: 'from the log',
  not_sent: 'not sent',
  estimated: 'estimated',
};

/** Where it came from. */
export const SOURCE_WORDS: Record<CallSource, string> = {
  sandbox: 'sandbox',
  api: 'program',
  agent: 'agent',
};
