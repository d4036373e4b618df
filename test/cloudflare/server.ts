import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Answer, Refusal, type Handlers } from './call.ts';
import { bodyProblems, findOperation, queryProblems, type Operation } from './contract.ts';
import { missingPermission } from './permissions.ts';
import { handlers } from './routes/index.ts';
import { preparedAccount, type CloudflareState } from './state.ts';

export interface Fault {
  method?: string;
  /** Part of the path, or what it must match. */
  path: string | RegExp;
  status?: number;
  code?: number;
  message?: string;
  /** How many requests fail; one unless told otherwise. */
  times?: number;
  /** Requests that pass before the first that fails. */
  after?: number;
  /** Cuts the connection instead of answering. */
  cut?: boolean;
}

export interface Recorded {
  method: string;
  path: string;
  query: string;
  operation: string | null;
  status: number;
  headers: Record<string, string>;
  body: unknown;
}

export interface Violation {
  method: string;
  path: string;
  problems: string[];
}

export interface CloudflareServer {
  /** For CLOUDFLARE_API_BASE_URL, and the SDK's `baseURL`. */
  url: string;
  state: CloudflareState;
  /** Every request, oldest first. */
  requests: Recorded[];
  /** What no client of Cloudflare may send: unknown paths, refused queries and bodies. */
  violations: Violation[];
  failNext(fault: Fault): void;
  close(): Promise<void>;
}

const PREFIX = '/client/v4';

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json', 'cf-ray': 'scripted-double' });
  response.end(JSON.stringify(body));
}

function refuse(response: ServerResponse, refusal: Refusal): void {
  const errors = [{ code: refusal.code, message: refusal.message }];
  send(response, refusal.status, { success: false, errors, messages: [], result: null });
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/**
 * A body as the contract means it. Of a form with `metadata` the contract describes that part and the
 * files beside it; other forms are an object of their fields.
 */
async function parseBody(
  bytes: Buffer,
  headers: Headers,
): Promise<{ checked: unknown; body: unknown; form: FormData | null }> {
  if (bytes.length === 0) return { checked: undefined, body: undefined, form: null };
  const type = headers.get('content-type') ?? '';
  if (!type.startsWith('multipart/form-data')) {
    const body: unknown = JSON.parse(bytes.toString());
    return { checked: body, body, form: null };
  }
  const form = await new Response(new Uint8Array(bytes), {
    headers: { 'content-type': type },
  }).formData();
  const described = form.get('metadata') ?? form.get('settings');
  if (described === null) {
    const fields = [...form].map(([name]) => [name, 'file'] as const);
    return { checked: Object.fromEntries(fields), body: undefined, form };
  }
  const text = typeof described === 'string' ? described : await described.text();
  const body: unknown = JSON.parse(text);
  const field = form.has('metadata') ? 'metadata' : 'settings';
  const hasFiles = [...form.keys()].some((name) => name !== field);
  return { checked: { [field]: body, ...(hasFiles && { files: ['file'] }) }, body, form };
}

/** The files of an upload session are sent with the session's own token, which its route checks. */
const OWN_TOKEN = 'workers.assets.upload.create';

function checkToken(state: CloudflareState, headers: Headers, operation: Operation): void {
  if (operation.id === OWN_TOKEN) return;
  const { token } = state;
  if (headers.get('authorization') !== `Bearer ${token.value}` || token.status === 'expired') {
    const isVerify = operation.id.endsWith('.verify');
    throw isVerify
      ? new Refusal(401, 1000, 'Invalid API Token')
      : new Refusal(403, 10000, 'Authentication error');
  }
  if (!missingPermission(token, operation)) return;
  // wrangler goes on without the user's address on this code, and gives up on any other.
  throw operation.id === 'user.user.get'
    ? new Refusal(403, 9109, 'Unauthorized to access requested resource')
    : new Refusal(403, 10000, 'Authentication error');
}

function takeFault(faults: Fault[], method: string, path: string): Fault | null {
  for (const fault of faults) {
    if (fault.method !== undefined && fault.method !== method) continue;
    const { path: pattern } = fault;
    if (typeof pattern === 'string' ? !path.includes(pattern) : !pattern.test(path)) continue;
    if ((fault.after ?? 0) > 0) {
      fault.after = (fault.after ?? 0) - 1;
      continue;
    }
    fault.times = (fault.times ?? 1) - 1;
    if (fault.times <= 0) faults.splice(faults.indexOf(fault), 1);
    return fault;
  }
  return null;
}

/**
 * Starts a scripted Cloudflare API on a free port of this machine. It answers in Cloudflare's envelope
 * what its state says, refuses what the published contract does not allow, and fails when told to.
 */
export async function startCloudflare(
  options: { state?: CloudflareState; handlers?: Handlers } = {},
): Promise<CloudflareServer> {
  const state = options.state ?? preparedAccount();
  const routes: Handlers = { ...handlers, ...options.handlers };
  const requests: Recorded[] = [];
  const violations: Violation[] = [];
  const faults: Fault[] = [];

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(request.url ?? '/', 'http://localhost');
    const path = url.pathname.startsWith(PREFIX) ? url.pathname.slice(PREFIX.length) : url.pathname;
    const method = request.method ?? 'GET';
    const headers = new Headers(request.headers as Record<string, string>);
    const bytes = await readBody(request);
    const match = findOperation(method, path);
    const record: Recorded = {
      method,
      path,
      query: url.search,
      operation: match?.operation.id ?? null,
      status: 0,
      headers: Object.fromEntries(headers),
      body: undefined,
    };
    requests.push(record);
    response.on('finish', () => (record.status = response.statusCode));

    const fault = takeFault(faults, method, path);
    if (fault?.cut) {
      request.socket.destroy();
      return;
    }
    if (fault) {
      const { status = 500, code = 10001, message = 'A scripted failure' } = fault;
      throw new Refusal(status, code, message);
    }
    if (!match) {
      violations.push({ method, path, problems: ['unknown path'] });
      throw new Refusal(
        404,
        7003,
        `Could not route to ${path}, perhaps your object identifier is invalid?`,
      );
    }
    const { operation } = match;
    const parsed = await parseBody(bytes, headers).catch(() => null);
    record.body = parsed?.body;
    const problems = parsed
      ? [...queryProblems(operation, url.searchParams), ...bodyProblems(operation, parsed.checked)]
      : ['body: not JSON'];
    if (!parsed || problems.length > 0) {
      violations.push({ method, path, problems });
      throw new Refusal(400, 10026, `Refused by the published contract: ${problems.join('; ')}`);
    }
    checkToken(state, headers, operation);
    if ((match.path.account_id ?? state.accountId) !== state.accountId) {
      throw new Refusal(403, 10000, 'Authentication error');
    }
    const handler = routes[operation.id];
    if (!handler) throw new Error(`Nothing answers ${operation.id}`);
    const given = await handler({
      state,
      path: match.path,
      query: url.searchParams,
      headers,
      body: parsed.body,
      form: parsed.form,
    });
    const { result, info, isPlain } = given instanceof Answer ? given : new Answer(given);
    if (isPlain) send(response, 200, result);
    else {
      const envelope = { success: true, errors: [], messages: [], result: result ?? null };
      send(response, 200, info ? { ...envelope, result_info: info } : envelope);
    }
  };

  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      if (error instanceof Refusal) refuse(response, error);
      else {
        violations.push({ method: '', path: request.url ?? '', problems: [String(error)] });
        refuse(response, new Refusal(500, 10013, String(error)));
      }
    });
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${PREFIX}`,
    state,
    requests,
    violations,
    failNext: (fault) => void faults.push({ ...fault }),
    close: () => {
      server.closeAllConnections();
      return new Promise((closed) => server.close(() => closed()));
    },
  };
}
