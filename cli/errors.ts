import {
  asAppError,
  ERROR_CODES,
  errorBody,
  errorCode,
  type ErrorBody,
} from '../contract/errors.ts';
import { cell, type Format } from './output.ts';
import { redact } from './secrets.ts';
import type { Io } from './io.ts';

/** The charter's exit codes: 1 validation, 2 refused credentials, 3 a failing external service. */
export type ExitCode = 0 | 1 | 2 | 3;

/** An error that the system answered, with its own words. The code may be newer than this skclaw. */
export class AnsweredError extends Error {
  readonly status: number;
  readonly body: ErrorBody['error'];

  constructor(status: number, body: ErrorBody['error']) {
    super(body.message);
    this.name = 'AnsweredError';
    this.status = status;
    this.body = body;
  }
}

/** The exit code of an error: by its code when it is known, otherwise by the HTTP status. */
function exitCodeOf(code: string, status: number): ExitCode {
  const known = errorCode.safeParse(code);
  if (known.success) return ERROR_CODES[known.data].exit;
  if (status === 401 || status === 403) return 2;
  return status >= 400 && status < 500 && status !== 429 ? 1 : 3;
}

/** Whether the same question may simply be asked again. */
export function isRetryable(error: unknown): boolean {
  if (error instanceof AnsweredError) {
    const known = errorCode.safeParse(error.body.code);
    return known.success
      ? ERROR_CODES[known.data].retryable
      : error.status >= 500 || error.status === 429;
  }
  const known = asAppError(error);
  return known !== null && ERROR_CODES[known.code].retryable;
}

function exactly(error: unknown): { body: ErrorBody['error']; exit: ExitCode } {
  if (error instanceof AnsweredError) {
    return { body: error.body, exit: exitCodeOf(error.body.code, error.status) };
  }
  const known = asAppError(error);
  if (known) {
    const { code, message, hint, details } = known;
    const several = details && details.length > 1 ? details : undefined;
    return { body: { code, message, hint, details: several }, exit: ERROR_CODES[code].exit };
  }
  return {
    body: {
      code: 'internal',
      message: 'skclaw met an error it does not know.',
      hint: `Please report it${error instanceof Error ? ` (${error.name})` : ''}.`,
    },
    exit: 3,
  };
}

/** The exit code that an error ends skclaw with. */
export function exitOf(error: unknown): ExitCode {
  return exactly(error).exit;
}

/** Writes an error to stderr, as JSON or as a line for people, and gives its exit code. */
export function printError(io: Io, format: Format, error: unknown): ExitCode {
  const { body, exit } = exactly(error);
  const lines = [
    `error: ${cell(body.message)}`,
    ...(body.details ?? []).map((detail) => `  - ${cell(detail)}`),
    ...(body.hint ? [`hint: ${cell(body.hint)}`] : []),
    `code: ${cell(body.code)}${body.requestId ? `, request ${cell(body.requestId)}` : ''}`,
  ];
  const json = JSON.stringify(errorBody.parse({ error: body }));
  io.stderr.write(redact(`${format === 'json' ? json : lines.join('\n')}\n`, io.env));
  return exit;
}
