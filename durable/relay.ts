import type { AdmissionRefusal, Attempt, SettleInput } from './ledger.ts';
import type { Failure, RelayCall, RelayDeps } from './model-call.ts';
import { promptBytes } from './prompt-size.ts';
import { tryUpstream } from './upstream.ts';

/** What became of a call: an answer to pass on, with the attempt behind it, or a refusal. */
export type RelayResult =
  | {
      ok: true;
      response: Response;
      attempt: Attempt;
      logId: string | null;
      firstByteMs: number | null;
    }
  | AdmissionRefusal;

/** Attempts of one call: the route's model, and one other when that fails before its first byte. */
const MAX_ATTEMPTS = 2;

const RETRYABLE_STATUS = new Set([408, 410, 429]);
const isRetryable = ({ outcome, status }: Failure): boolean =>
  outcome !== 'aborted' &&
  (outcome !== 'upstream_error' ||
    status === null ||
    status >= 500 ||
    RETRYABLE_STATUS.has(status));

/** Whether another model may be asked after this failure. A model that was named has no stand-in. */
function mayAskAnother(call: RelayCall, attempt: Attempt, failure: Failure): boolean {
  if (attempt.n >= MAX_ATTEMPTS || call.model !== null) return false;
  return failure.tooLong || (attempt.hasFallback && isRetryable(failure));
}

function messageOf({ tooLong, message }: Failure): string {
  if (message !== null) return message;
  return tooLong
    ? 'This is longer than the model can read at once. Start a new conversation.'
    : 'The model did not answer. Please try again.';
}

/**
 * Makes one model call: admit → attempt upstream → stream to the caller while its usage is read →
 * settle. A failure before the first byte asks another model once; after it there is no second attempt
 * of ours. The one piece of code that calls a model.
 */
export async function relay(deps: RelayDeps, call: RelayCall): Promise<RelayResult> {
  const { callId, source, workload, model, generation, openclawSession, as } = call;
  const requestedMaxTokens = call.body.max_completion_tokens ?? call.body.max_tokens ?? null;
  const requestBytes = promptBytes(call.body, call.requestBytes);
  const size = { requestBytes, requestedMaxTokens };
  let admission = await deps.admit({
    callId,
    source,
    workload,
    model,
    generation,
    openclawSession,
    ...(as && { as }),
    ...size,
  });
  for (;;) {
    if (!admission.ok) return admission;
    const { attempt } = admission;
    const startedAt = deps.now();
    const tried = await tryUpstream(deps, call, attempt);
    if ('response' in tried) return { ok: true, attempt, ...tried };
    const again = mayAskAnother(call, attempt, tried);
    const failure = { code: codeOf(tried), message: messageOf(tried) };
    const callFailed = !again && tried.outcome !== 'aborted';
    const ended: SettleInput = {
      attemptId: attempt.id,
      outcome: tried.outcome,
      status: tried.status,
      usage: null,
      logId: tried.logId,
      firstByteMs: null,
      latencyMs: deps.now() - startedAt,
      callFailed,
      ...(callFailed && { failure }),
    };
    if (again) {
      admission = await deps.retry(ended, { ...size, tooLong: tried.tooLong });
      continue;
    }
    const { failedCalls } = await deps.settle(ended);
    return { ok: false, ...failure, retryAfterMs: null, failedCalls };
  }
}

function codeOf({ tooLong, outcome, isCallersFault }: Failure): AdmissionRefusal['code'] {
  if (tooLong) return 'prompt_too_long';
  if (isCallersFault) return 'invalid_request';
  return outcome === 'timeout' ? 'upstream_timeout' : 'upstream_failed';
}
