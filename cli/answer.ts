import { AppError, errorBody } from '../contract/errors.ts';
import { AnsweredError } from './errors.ts';

/** Longest answer that is read, in bytes: a full page of tenants has under 1 MiB. */
const MAX_ANSWER_BYTES = 8 * 1024 * 1024;
/** Longest request id that is repeated, in characters. */
const MAX_REQUEST_ID = 128;

/** An HTTP answer, read to its end. */
export interface Answer {
  status: number;
  contentType: string;
  location: string | null;
  requestId: string | undefined;
  text: string;
}

/** Reads an answer to its end; longer than MAX_ANSWER_BYTES is an `upstream_failed`. */
export async function readAnswer(response: Response): Promise<Answer> {
  const decoder = new TextDecoder();
  let text = '';
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.byteLength;
    if (size > MAX_ANSWER_BYTES) {
      throw new AppError('upstream_failed', `The answer is over ${MAX_ANSWER_BYTES} bytes.`);
    }
    text += decoder.decode(chunk, { stream: true });
  }
  return {
    status: response.status,
    contentType: response.headers.get('content-type') ?? '',
    location: response.headers.get('location'),
    requestId: response.headers.get('x-request-id')?.slice(0, MAX_REQUEST_ID) ?? undefined,
    text: text + decoder.decode(),
  };
}

/** The JSON of an answer; undefined when it is none. */
export function jsonOf(answer: Answer): unknown {
  try {
    return JSON.parse(answer.text) as unknown;
  } catch {
    return undefined;
  }
}

function isSignInPage({ status, contentType, location }: Answer): boolean {
  if (status >= 300 && status < 400) {
    return /cloudflareaccess\.com|\/cdn-cgi\/access\//.test(location ?? '');
  }
  // A failing edge answers in HTML too, with its own status.
  return contentType.includes('text/html') && (status < 300 || status === 401 || status === 403);
}

/** What went wrong, for an answer that is not the JSON of a success. */
export function failureOf(answer: Answer, isLocal: boolean): Error {
  const { status, requestId } = answer;
  const body = errorBody.safeParse(jsonOf(answer));
  if (body.success) {
    return new AnsweredError(status, {
      ...body.data.error,
      requestId: body.data.error.requestId ?? requestId,
    });
  }
  if (isSignInPage(answer)) {
    return new AppError('access_denied', 'A sign-in page answered instead of the system.', {
      hint: isLocal
        ? 'Another program listens there; the system starts with `npm run dev`.'
        : 'Set CF_ACCESS_CLIENT_ID and CF_ACCESS_CLIENT_SECRET to a service token that Access lets in.',
    });
  }
  if (status >= 200 && status < 400) {
    return new AppError(
      'upstream_failed',
      `The system answered ${status} in a way skclaw does not understand.`,
      {
        hint: 'skclaw and the system may be of different versions: build it again with `npm run prepare`.',
      },
    );
  }
  const code =
    status === 401 || status === 403
      ? 'access_denied'
      : status >= 500
        ? 'upstream_failed'
        : `http_${status}`;
  return new AnsweredError(status, { code, message: `The system answered ${status}.`, requestId });
}
