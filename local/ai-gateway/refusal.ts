/** An answer that is not a completion: a status, its JSON body, and headers of its own. */
export interface Refusal {
  status: number;
  body: unknown;
  headers?: Record<string, string>;
}

/** Cloudflare's API envelope around an error (developers.cloudflare.com/api, "errors"). */
export function envelopeRefusal(status: number, code: number, message: string): Refusal {
  return {
    status,
    body: { result: null, success: false, errors: [{ code, message }], messages: [] },
  };
}

/** OpenAI's error object, as the OpenAI-compatible endpoint answers about the request itself. */
export function openAiRefusal(
  status: number,
  problem: { message: string; code: string; param?: string },
): Refusal {
  const type = status >= 500 ? 'server_error' : 'invalid_request_error';
  const { message, code, param } = problem;
  return { status, body: { error: { message, type, param: param ?? null, code } } };
}
