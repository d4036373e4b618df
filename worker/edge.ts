import { asAppError, type AppError } from '../contract/errors.ts';
import { newUlid } from '../durable/index.ts';
import { createApp, type App } from './app.ts';
import type { EdgeDeps, Trace } from './context.ts';
import { countRefusal } from './count-refusals.ts';
import type { Env } from './env.ts';
import { describeCause } from './log.ts';
import { renderOpenAiError } from './openai-error.ts';
import { admitRequest, finishResponse } from './own-headers.ts';
import { noteRefusal } from './refusals.ts';
import { renderError, toAppError } from './render-error.ts';
import { checkUrl } from './request-bounds.ts';

export interface Edge {
  app: App;
  fetch(request: Request, env: Env, ctx: ExecutionContext): Promise<Response>;
}

/** Errors of ours are worth a look; refusals are the caller's business. */
const levelOf = (status: number): 'info' | 'error' => (status >= 500 ? 'error' : 'info');

/** What the API answers brings no policies of its own, as pages and their assets do. */
const API_TYPE = /^(application\/json|text\/event-stream)/;
const isPage = ({ headers }: Response): boolean =>
  !API_TYPE.test(headers.get('content-type') ?? '');

/** Programs in browsers ask `/v1`, and no other address, from pages of any origin. */
const isCors = (request: Request, { isOpenAi }: Trace): boolean =>
  isOpenAi === true && request.headers.has('origin');

/** An agent's refusal has itself as its cause, which says nothing that the code does not. */
const isWorthLogging = ({ cause, status }: AppError): boolean =>
  cause !== undefined && (status >= 500 || asAppError(cause) === null);

/**
 * The outermost shell: gives each request its id, drops the headers that only we set, turns whatever
 * is thrown into an answer, sets the headers every answer has, and writes one log line.
 */
export function createEdge(deps: EdgeDeps): Edge {
  const app = createApp(deps, (env, ctx) => ({ fetch: (request) => serve(request, env, ctx) }));

  async function serve(request: Request, env: Env, ctx: ExecutionContext): Promise<Response> {
    const requestId = newUlid(deps.now());
    const started = deps.now();
    const url = new URL(request.url);
    const trace: Trace = { requestId };
    const entry = { event: 'request', method: request.method } as const;
    try {
      checkUrl(request.url);
      const response = await app.fetch({ request: admitRequest(request), url }, env, ctx, trace);
      const { status } = response;
      const { isOpenAi: _, credential: __, ...seen } = trace;
      deps.log({ ...entry, ...seen, level: levelOf(status), status, ms: deps.now() - started });
      countRefusal(status, { env, ctx, deps, trace });
      return finishResponse(response, {
        requestId,
        isPage: isPage(response),
        isHttps: url.protocol === 'https:',
        isCors: isCors(request, trace),
      });
    } catch (thrown) {
      const error = toAppError(thrown);
      if (error.status === 401) noteRefusal(request, { env, ctx, deps, trace });
      countRefusal(error.status, { env, ctx, deps, trace });
      const { isOpenAi, credential: _, ...seen } = trace;
      deps.log({
        ...entry,
        ...seen,
        level: levelOf(error.status),
        status: error.status,
        ms: deps.now() - started,
        code: error.code,
        ...(isWorthLogging(error) ? { cause: describeCause(error.cause) } : {}),
      });
      const answer = isOpenAi ? renderOpenAiError(error) : renderError(error, requestId);
      return finishResponse(answer, {
        requestId,
        isPage: false,
        isHttps: url.protocol === 'https:',
        isCors: isCors(request, trace),
      });
    }
  }

  return { app, fetch: serve };
}
