import { z } from 'zod';
import type { Exchange } from './exchange.ts';
import { faultRule } from './faults.ts';
import { readBody, sendJson } from './http-io.ts';

/** The largest body of a control request, in bytes. */
const MAX_CONTROL_BYTES = 64 * 1024;

const downSwitch = z.strictObject({
  down: z.boolean(),
  /** How it is down: it answers 503 (unless said) or closes the connection. */
  mode: z.enum(['status', 'close']).optional(),
});
const lookupSwitch = z.strictObject({ available: z.boolean() });
const requestFilter = z.strictObject({
  since: z.coerce.number().int().nonnegative().optional(),
  tenant: z.string().optional(),
});

/** The control endpoints below `/__local/`, which Cloudflare does not have. */
export async function handleControl(exchange: Exchange, url: URL): Promise<void> {
  const { req, res } = exchange;
  // A page in a browser reaches loopback too, by name or by address: it says so in these headers.
  if (req.headers.origin !== undefined || !isLoopbackHost(req.headers.host)) {
    return sendJson(res, 403, { error: 'Control endpoints are for local programs only.' });
  }
  const bytes = await readBody(req, MAX_CONTROL_BYTES);
  if (bytes === null) return sendJson(res, 413, { error: 'The body is too large.' });
  try {
    const answer = act(exchange, url, bytes.length === 0 ? null : JSON.parse(bytes.toString()));
    if (answer === null) return sendJson(res, 404, { error: 'No such control endpoint.' });
    return sendJson(res, 200, answer);
  } catch (error) {
    if (error instanceof z.ZodError) return sendJson(res, 400, { error: z.prettifyError(error) });
    if (error instanceof SyntaxError || error instanceof RangeError) {
      return sendJson(res, 400, { error: error.message });
    }
    throw error;
  }
}

/** What a control request does, and the body it is answered with; null for an unknown one. */
function act({ state, req }: Exchange, url: URL, body: unknown): unknown {
  switch (`${req.method} ${url.pathname}`) {
    case 'GET /__local/requests': {
      const filter = requestFilter.parse(Object.fromEntries(url.searchParams));
      return { requests: state.recorder.list(filter) };
    }
    case 'DELETE /__local/requests':
      state.recorder.clear();
      return { requests: [] };
    case 'POST /__local/faults':
      return { fault: state.faults.add(faultRule.parse(body)) };
    case 'GET /__local/faults':
      return { faults: state.faults.list() };
    case 'DELETE /__local/faults':
      state.faults.clear();
      return { faults: [] };
    case 'POST /__local/down': {
      const { down, mode = 'status' } = downSwitch.parse(body);
      state.down = down ? mode : 'up';
      return { down, mode };
    }
    case 'POST /__local/log-lookup': {
      state.logLookupAvailable = lookupSwitch.parse(body).available;
      return { available: state.logLookupAvailable };
    }
    default:
      return null;
  }
}

/** Whether a Host header names this machine: 127.x.x.x, [::1] or localhost. */
function isLoopbackHost(host: string | undefined): boolean {
  const name = (host ?? '').replace(/:\d+$/, '').toLowerCase();
  return name === 'localhost' || name === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(name);
}
