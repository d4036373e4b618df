import type { AppError, ErrorCode } from '../contract/errors.ts';

/** An error that clients should wait this long for, and longer, is not worth a retry of theirs, s. */
const LONGEST_RETRY_S = 60;

type Shape = { type: string; code?: string; param?: string };

/** How OpenAI's API says what ours says, where its words are special. */
const SHAPES: Partial<Record<ErrorCode, Shape>> = {
  unauthenticated: { type: 'invalid_request_error', code: 'invalid_api_key' },
  model_not_found: { type: 'invalid_request_error', code: 'model_not_found', param: 'model' },
  prompt_too_long: {
    type: 'invalid_request_error',
    code: 'context_length_exceeded',
    param: 'messages',
  },
  rate_limited: { type: 'rate_limit_error', code: 'rate_limit_exceeded' },
  limit_reached: { type: 'rate_limit_error', code: 'rate_limit_exceeded' },
  budget_reached: { type: 'insufficient_quota', code: 'insufficient_quota' },
};

function shapeOf(error: AppError): Shape {
  const known = SHAPES[error.code];
  if (known) return known;
  if (error.status >= 500) return { type: 'server_error' };
  return { type: error.status === 403 ? 'permission_error' : 'invalid_request_error' };
}

/**
 * An error in the shape of OpenAI's API (its reference, "Error codes"), which its clients turn into
 * their own classes by status; they repeat by themselves what they are not told to leave.
 */
export function renderOpenAiError(error: AppError): Response {
  const { type, code, param } = shapeOf(error);
  const message = [error.message, error.hint].filter(Boolean).join(' ');
  const { retryAfterS } = error;
  const headers = new Headers();
  // RFC 9110, section 15.5.6: a 405 names what would have been allowed.
  if (error.code === 'method_not_allowed') headers.set('allow', (error.details ?? []).join(', '));
  if (retryAfterS !== undefined) {
    headers.set('retry-after', String(retryAfterS));
    if (retryAfterS > LONGEST_RETRY_S) headers.set('x-should-retry', 'false');
  }
  return Response.json(
    { error: { message, type, param: param ?? null, code: code ?? error.code } },
    { status: error.status, headers },
  );
}
