import type { ChatRequest } from '../contract/ai-gateway.ts';
import type { Tier, Workload } from '../contract/tiers.ts';
import type { CallSource, Outcome } from '../contract/usage.ts';
import type { AiGateway, UpstreamInit } from './ai-gateway.ts';
import type { Admission, AdmitInput, Attempt, SettleInput } from './ledger.ts';
import type { LedgerRpc } from './rpc.ts';

/** What the relay touches. */
export interface RelayDeps extends LedgerRpc {
  admit(input: AdmitInput): Promise<Admission>;
  fetch(url: string, init: UpstreamInit & { signal: AbortSignal }): Promise<Response>;
  gateway: Pick<AiGateway, 'request'>;
  waitUntil(work: Promise<unknown>): void;
  now(): number;
}

export interface RelayCall {
  callId: string;
  source: CallSource;
  workload: Workload;
  /** A model that the client names in place of its workload's. */
  model: string | null;
  body: ChatRequest;
  requestBytes: number;
  generation: number | null;
  openclawSession: string | null;
  /** Passed on, so that Workers AI finds its prompt cache again. */
  affinity: string | null;
  as?: { tier: Tier; platform: string };
  /** Aborted when the caller has left. */
  signal: AbortSignal;
}

/** A failure before the first byte. */
export interface Failure {
  outcome: Outcome;
  status: number | null;
  logId: string | null;
  /** The answer's own words, where it was a status that speaks of the request itself. */
  message: string | null;
  isCallersFault: boolean;
  /** The model can't hold the prompt. */
  tooLong: boolean;
}

export interface Answer {
  response: Response;
  logId: string | null;
  firstByteMs: number | null;
}

/** One attempt under way, as those see it who read its answer. */
export interface Meter {
  deps: RelayDeps;
  call: RelayCall;
  attempt: Attempt;
  /** Ends the request upstream. */
  controller: AbortController;
  startedAt: number;
  logId: string | null;
  status: number;
}

/** How an attempt ended that had begun to answer. */
export function endOf(
  meter: Meter,
  end: Pick<SettleInput, 'outcome' | 'usage' | 'firstByteMs'>,
): SettleInput {
  return {
    attemptId: meter.attempt.id,
    status: meter.status,
    logId: meter.logId,
    latencyMs: meter.deps.now() - meter.startedAt,
    callFailed: end.outcome === 'cut',
    ...end,
  };
}
