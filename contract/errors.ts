import { z } from 'zod';

/**
 * Every error that leaves the system, by its stable code: HTTP status, exit code of skclaw, and
 * whether the same request may simply be sent again.
 * Exit codes are the charter's: 1 validation, 2 refused credentials, 3 a failing external service.
 */
export const ERROR_CODES = {
  invalid_request: { status: 400, exit: 1, retryable: false },
  invalid_json: { status: 400, exit: 1, retryable: false },
  invalid_frame: { status: 400, exit: 1, retryable: false },
  invalid_policy: { status: 400, exit: 1, retryable: false },
  invalid_hostname: { status: 400, exit: 1, retryable: false },
  invalid_slug: { status: 400, exit: 1, retryable: false },
  invalid_usage: { status: 400, exit: 1, retryable: false },
  invalid_config: { status: 400, exit: 1, retryable: false },
  /** Whoever ran a command broke it off, and it has ended in order. */
  interrupted: { status: 400, exit: 1, retryable: false },
  confirmation_required: { status: 400, exit: 1, retryable: false },
  cross_origin: { status: 403, exit: 2, retryable: false },
  unauthenticated: { status: 401, exit: 2, retryable: false },
  access_denied: { status: 401, exit: 2, retryable: false },
  /** Cloudflare's API does not take the token, or the token may not do this. */
  cloud_refused: { status: 403, exit: 2, retryable: false },
  forbidden: { status: 403, exit: 2, retryable: false },
  invite_invalid: { status: 410, exit: 1, retryable: false },
  not_found: { status: 404, exit: 1, retryable: false },
  unknown_host: { status: 404, exit: 1, retryable: false },
  tenant_not_found: { status: 404, exit: 1, retryable: false },
  model_not_found: { status: 404, exit: 1, retryable: false },
  session_not_found: { status: 404, exit: 1, retryable: false },
  misdirected: { status: 421, exit: 1, retryable: true },
  method_not_allowed: { status: 405, exit: 1, retryable: false },
  conflict: { status: 409, exit: 1, retryable: false },
  hostname_taken: { status: 409, exit: 1, retryable: false },
  slug_taken: { status: 409, exit: 1, retryable: false },
  prompt_too_long: { status: 400, exit: 1, retryable: false },
  payload_too_large: { status: 413, exit: 1, retryable: false },
  uri_too_long: { status: 414, exit: 1, retryable: false },
  headers_too_large: { status: 431, exit: 1, retryable: false },
  https_required: { status: 403, exit: 1, retryable: false },
  upgrade_required: { status: 426, exit: 1, retryable: false },
  rate_limited: { status: 429, exit: 3, retryable: true },
  limit_reached: { status: 429, exit: 3, retryable: true },
  budget_reached: { status: 429, exit: 3, retryable: false },
  queue_full: { status: 429, exit: 3, retryable: true },
  tenant_suspended: { status: 403, exit: 1, retryable: false },
  tenant_deleted: { status: 410, exit: 1, retryable: false },
  turn_failed: { status: 502, exit: 3, retryable: true },
  agent_unavailable: { status: 503, exit: 3, retryable: true },
  upstream_failed: { status: 502, exit: 3, retryable: true },
  upstream_timeout: { status: 504, exit: 3, retryable: true },
  system_unreachable: { status: 503, exit: 3, retryable: true },
  not_configured: { status: 503, exit: 3, retryable: false },
  dev_mode_exposed: { status: 503, exit: 3, retryable: false },
  internal: { status: 500, exit: 3, retryable: true },
} as const satisfies Record<string, { status: number; exit: 1 | 2 | 3; retryable: boolean }>;

export type ErrorCode = keyof typeof ERROR_CODES;

export const errorCode = z.enum(Object.keys(ERROR_CODES) as [ErrorCode, ...ErrorCode[]]);

/** What every HTTP surface answers on failure, and all it says. */
export const errorBody = z.object({
  error: z.object({
    code: z.string(),
    message: z.string(),
    hint: z.string().optional(),
    requestId: z.string().optional(),
    /** One line per thing that is wrong, where several are. */
    details: z.array(z.string()).optional(),
  }),
});
export type ErrorBody = z.infer<typeof errorBody>;

export interface AppErrorOptions {
  hint?: string;
  details?: string[];
  /** When the same may be tried again, s. */
  retryAfterS?: number;
  /** Goes to the log, never to a client. */
  cause?: unknown;
}

/** The one error class of the system: a stable code and a sentence made for the reader. */
export class AppError extends Error {
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly details: string[] | undefined;
  readonly retryAfterS: number | undefined;

  constructor(code: ErrorCode, message: string, options: AppErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'AppError';
    this.code = code;
    this.hint = options.hint;
    this.details = options.details;
    this.retryAfterS = options.retryAfterS;
  }

  get status(): number {
    return ERROR_CODES[this.code].status;
  }
}

/**
 * Recognises an AppError, also one that crossed an RPC boundary: workerd keeps an error's name,
 * message and own enumerable properties, but not its class.
 */
export function asAppError(error: unknown): AppError | null {
  if (error instanceof AppError) return error;
  if (!(error instanceof Error)) return null;
  const code = errorCode.safeParse((error as { code?: unknown }).code);
  if (!code.success) return null;
  const { hint, details, retryAfterS } = error as Partial<Record<keyof AppError, unknown>>;
  return new AppError(code.data, error.message, {
    hint: typeof hint === 'string' ? hint : undefined,
    details: Array.isArray(details) ? details.map(String) : undefined,
    retryAfterS: typeof retryAfterS === 'number' ? retryAfterS : undefined,
    cause: error,
  });
}

/** Turns a zod failure into one AppError that names each field and what is wrong with it. */
export function validationError(error: z.ZodError, code: ErrorCode = 'invalid_request'): AppError {
  const details = error.issues
    .slice(0, 20)
    .map((issue) => `${issue.path.join('.') || 'body'}: ${issue.message}`);
  return new AppError(code, details[0] ?? 'The request is not valid.', { details });
}
