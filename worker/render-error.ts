import { AppError, asAppError, type ErrorBody } from '../contract/errors.ts';

/** Marks that workerd puts on errors that say the object could not be reached, not what it answered. */
const UNAVAILABLE_MARKS = ['retryable', 'overloaded', 'durableObjectReset'] as const;

/**
 * Whatever was thrown as the AppError it stands for. An object that was reset or is overloaded is
 * agent_unavailable (Cloudflare's documentation, Durable Objects, "Error handling"); anything
 * unknown is internal, and keeps what happened as its cause.
 */
export function toAppError(error: unknown): AppError {
  const known = asAppError(error);
  if (known) return known;
  const marks = (typeof error === 'object' && error !== null ? error : {}) as Record<
    string,
    unknown
  >;
  if (UNAVAILABLE_MARKS.some((mark) => marks[mark] === true)) {
    return new AppError('agent_unavailable', 'The agent cannot be reached right now.', {
      hint: 'Send the same request again in a few seconds.',
      cause: error,
    });
  }
  return new AppError('internal', 'Something went wrong on our side.', {
    hint: 'Try again. If it stays, report the requestId.',
    cause: error,
  });
}

/** What a client is told of an error: code, sentence, hint, details and the request's id. */
function errorBodyOf(error: AppError, requestId: string): ErrorBody {
  return {
    error: {
      code: error.code,
      message: error.message,
      ...(error.hint === undefined ? {} : { hint: error.hint }),
      requestId,
      ...(error.details === undefined ? {} : { details: error.details }),
    },
  };
}

/** The answer to a failed request: the only place where an error becomes HTTP. */
export function renderError(error: AppError, requestId: string): Response {
  const headers = new Headers();
  // RFC 9110, section 15.5.6: a 405 names what would have been allowed.
  if (error.code === 'method_not_allowed') headers.set('allow', (error.details ?? []).join(', '));
  if (error.retryAfterS !== undefined) headers.set('retry-after', String(error.retryAfterS));
  if (error.code === 'upgrade_required') headers.set('upgrade', 'websocket');
  return Response.json(errorBodyOf(error, requestId), { status: error.status, headers });
}
