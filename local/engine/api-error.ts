/** A refusal that the Docker Engine API renders as `{"message": …}` with an HTTP status. */
export class ApiError extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.name = 'ApiError';
    this.status = status;
  }
}

/** 501: the real engine knows this call, this one does not offer it. */
export function notOffered(what: string): ApiError {
  return new ApiError(501, `the local engine does not offer ${what}; use a real Docker for it`);
}
