import type { Pairings } from './pairings.ts';
import type { Runs } from './runs.ts';
import type { Suspension } from './suspension.ts';
import type { Transcript } from './transcript.ts';

/** Messages `chat.history` answers unless told otherwise. */
const DEFAULT_HISTORY = 200;

/** An answer that is a refusal, with OpenClaw's code. */
export class Refusal extends Error {
  readonly code: string;
  readonly retryable: boolean;
  constructor(code: string, message: string, retryable = false) {
    super(message);
    this.code = code;
    this.retryable = retryable;
  }
}

/** What a method may touch. */
export interface Gateway {
  transcript: Transcript;
  runs: Runs;
  suspension: Suspension;
  pairings: Pairings;
  /** Tells an event to those who follow a session. */
  emit(key: string, event: string, payload: object): void;
  /** Whether it was asked to end. */
  isStopping(): boolean;
}

/** One client of the gateway. */
export interface Client {
  scopes: ReadonlySet<string>;
  /** Keys of the sessions whose events it gets. */
  follows: Set<string>;
}

type Params = Record<string, unknown>;
type Method = (input: { gateway: Gateway; client: Client; params: Params }) => unknown;

const METHODS: Record<string, { scope: string; run: Method }> = {
  'sessions.patch': { scope: 'operator.write', run: patchSession },
  'sessions.delete': { scope: 'operator.admin', run: deleteSession },
  'sessions.messages.subscribe': { scope: 'operator.read', run: subscribe },
  'chat.send': { scope: 'operator.write', run: send },
  'chat.abort': { scope: 'operator.write', run: abort },
  'chat.inject': { scope: 'operator.admin', run: inject },
  'chat.history': { scope: 'operator.read', run: history },
  'device.pair.list': { scope: 'operator.pairing', run: ({ gateway }) => gateway.pairings.list() },
  'device.pair.approve': {
    scope: 'operator.pairing',
    run: ({ gateway, params }) => ({
      device: known(gateway.pairings.approve(text(params, 'requestId'))),
    }),
  },
  'device.pair.reject': {
    scope: 'operator.pairing',
    run: ({ gateway, params }) => known(gateway.pairings.reject(text(params, 'requestId'))),
  },
  'device.pair.remove': {
    scope: 'operator.pairing',
    run: ({ gateway, params }) => known(gateway.pairings.remove(text(params, 'deviceId'))),
  },
  'gateway.suspend.prepare': {
    scope: 'operator.admin',
    run: ({ gateway, params }) =>
      gateway.suspension.prepare(text(params, 'requestId'), gateway.runs.count),
  },
  'gateway.suspend.resume': {
    scope: 'operator.admin',
    run: ({ gateway, params }) => gateway.suspension.resume(text(params, 'suspensionId')),
  },
};

/** Answers one request of a connected client. @throws Refusal */
export async function callMethod(input: {
  gateway: Gateway;
  client: Client;
  method: string;
  params: Params;
}): Promise<unknown> {
  const { gateway, client, method, params } = input;
  const known = METHODS[method];
  if (!known) throw new Refusal('INVALID_REQUEST', `unknown method: ${method}`);
  if (!client.scopes.has(known.scope))
    throw new Refusal('INVALID_REQUEST', `missing scope: ${known.scope}`);
  const isFenced = gateway.suspension.isHeld && !method.startsWith('gateway.suspend.');
  if (isFenced || (gateway.isStopping() && method === 'chat.send'))
    throw new Refusal('UNAVAILABLE', 'the gateway takes no work now', true);
  return known.run({ gateway, client, params });
}

function patchSession({ gateway, params }: Parameters<Method>[0]): unknown {
  const key = keyOf(params, 'key');
  const model = typeof params.model === 'string' ? params.model : null;
  const { sessionId } = gateway.transcript.patchSession(key, model);
  return { ok: true, key, entry: { sessionId, model } };
}

async function deleteSession({ gateway, params }: Parameters<Method>[0]): Promise<unknown> {
  const key = keyOf(params, 'key');
  await gateway.runs.abort(key);
  gateway.transcript.deleteSession(key);
  return { ok: true, key, deleted: true };
}

function subscribe({ client, params }: Parameters<Method>[0]): unknown {
  const key = keyOf(params, 'key');
  client.follows.add(key);
  return { subscribed: true, key };
}

function send({ gateway, client, params }: Parameters<Method>[0]): unknown {
  const key = keyOf(params, 'sessionKey');
  client.follows.add(key);
  gateway.transcript.patchSession(key, null);
  return gateway.runs.send(key, text(params, 'message'), text(params, 'idempotencyKey'));
}

async function abort({ gateway, params }: Parameters<Method>[0]): Promise<unknown> {
  const runId = await gateway.runs.abort(keyOf(params, 'sessionKey'));
  return { ok: true, aborted: runId !== null, runIds: runId === null ? [] : [runId] };
}

/** A note of the assistant's in the transcript; nothing runs. */
function inject({ gateway, params }: Parameters<Method>[0]): unknown {
  const key = keyOf(params, 'sessionKey');
  if (!gateway.transcript.session(key)) throw new Refusal('INVALID_REQUEST', 'session not found');
  const note = text(params, 'message');
  gateway.transcript.append(key, { role: 'assistant', text: note, stopReason: 'stop' });
  const messageId = crypto.randomUUID();
  // As the real one: everybody is told of it as of a run that ends at once.
  gateway.emit(key, 'chat', {
    runId: `inject-${messageId}`,
    sessionKey: key,
    seq: 0,
    state: 'final',
    message: { role: 'assistant', content: [{ type: 'text', text: note }] },
  });
  return { ok: true, messageId };
}

function history({ gateway, params }: Parameters<Method>[0]): unknown {
  const key = keyOf(params, 'sessionKey');
  const limit = typeof params.limit === 'number' ? params.limit : DEFAULT_HISTORY;
  const inFlightRun = gateway.runs.inFlight(key);
  return {
    sessionKey: key,
    sessionId: gateway.transcript.session(key)?.sessionId ?? null,
    messages: gateway.transcript.history(key, limit),
    ...(inFlightRun ? { inFlightRun } : {}),
  };
}

/** What was asked for; as the real one refuses what it does not know. */
function known<T>(found: T | undefined): T {
  if (found === undefined || found === false)
    throw new Refusal('INVALID_REQUEST', 'unknown requestId or deviceId');
  return found;
}

/** OpenClaw's session keys are lower case, whatever was asked for. */
function keyOf(params: Params, name: string): string {
  return text(params, name).toLowerCase();
}

function text(params: Params, name: string): string {
  const value = params[name];
  if (typeof value === 'string' && value !== '') return value;
  throw new Refusal('INVALID_REQUEST', `invalid params: ${name}`);
}
