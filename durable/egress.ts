import { WorkerEntrypoint } from 'cloudflare:workers';
import { chatRequest, MAX_MODEL_REQUEST_BYTES, type ChatRequest } from '../contract/ai-gateway.ts';
import { asAppError } from '../contract/errors.ts';
import { ulidSchema } from '../contract/ids.ts';
import { workloadSchema } from '../contract/tiers.ts';
import { aiGateway } from './ai-gateway.ts';
import type { AgentEnv } from './env.ts';
import { MODELS_HOST, STATE_HOST } from './internal-hosts.ts';
import { MAX_FAILED_CALLS_PER_TURN } from './ledger.ts';
import { newUlid } from './new-ulid.ts';
import { relay } from './relay.ts';
import { repeatRpc } from './repeat-rpc.ts';
import type { AgentStub } from './rpc.ts';
import { boundedBody, TooLargeError } from './bounded-body.ts';
import { snapshotKey } from './snapshot-index.ts';
import { agentStub } from './stub.ts';

/** Set by the agent when it registers the intercepts; the container can't forge them. */
export interface EgressProps {
  tenantId: string;
  generation: number;
}

/** A refusal OpenClaw takes as final and shows as it is; other statuses make it retry or give up. */
const refuseOpenClaw = (message: string, status = 400): Response =>
  Response.json({ error: { message, type: 'invalid_request_error' } }, { status });

/** A refusal to the supervisor, which tells the agent. */
const refuseState = (status: number, code: string, message: string): Response =>
  Response.json({ error: { code, message } }, { status });

/** RFC 9110, section 13.1.2: the put counts only where there is no object yet. */
const NEVER_REPLACE: R2Conditional = { etagDoesNotMatch: '*' };

/**
 * Where a container's own requests arrive: model calls to `models.internal`, snapshots to and from
 * `state.internal`. The container holds no key; tenant and generation come from the props.
 */
export class TenantEgress extends WorkerEntrypoint<AgentEnv, EgressProps> {
  override async fetch(request: Request): Promise<Response> {
    const url = new URL(request.url);
    if (url.hostname === MODELS_HOST) return this.#models(request, url);
    if (url.hostname === STATE_HOST) return this.#state(request, url);
    return new Response('This host is not reachable from here.', { status: 403 });
  }

  async #models(request: Request, url: URL): Promise<Response> {
    if (request.method !== 'POST' || url.pathname !== '/v1/chat/completions') {
      return refuseOpenClaw('Only chat completions are offered here.', 404);
    }
    let body: ChatRequest;
    let requestBytes: number;
    try {
      const text = await boundedBody(request, MAX_MODEL_REQUEST_BYTES);
      requestBytes = new TextEncoder().encode(text).byteLength;
      body = chatRequest.parse(JSON.parse(text));
    } catch (error) {
      return refuseOpenClaw(
        error instanceof TooLargeError
          ? 'This conversation is too long for the model.'
          : 'The model request is not valid.',
      );
    }
    const workload = workloadSchema.safeParse(body.model);
    const { tenantId, generation } = this.ctx.props;
    const asked = <T>(ask: (agent: AgentStub) => Promise<T>): Promise<T> =>
      repeatRpc(() => ask(agentStub(this.env, tenantId)));
    const result = await relay(
      {
        admit: (input) => asked((agent) => agent.admit(input)),
        retry: (ended, input) => asked((agent) => agent.retry(ended, input)),
        settle: (input) => asked((agent) => agent.settle(input)),
        fetch: (url, init) => fetch(url, init),
        gateway: aiGateway(this.env),
        waitUntil: (work) => this.ctx.waitUntil(work),
        now: Date.now,
      },
      {
        callId: newUlid(Date.now()),
        source: 'sandbox',
        workload: workload.success ? workload.data : 'chat',
        model: null,
        body,
        requestBytes,
        generation,
        // OpenClaw sends its session id with a counter behind it: `<uuid>:0`.
        openclawSession: request.headers.get('session_id')?.replace(/:\d+$/, '') ?? null,
        affinity: request.headers.get('x-session-affinity'),
        signal: request.signal,
      },
    );
    if (result.ok) return result.response;
    // The first failure of a turn may be repeated by OpenClaw; the next one is final, as is a refusal.
    const failed = result.code === 'upstream_failed' || result.code === 'upstream_timeout';
    const repeatable =
      failed && result.failedCalls > 0 && result.failedCalls < MAX_FAILED_CALLS_PER_TURN;
    return refuseOpenClaw(result.message, repeatable ? 500 : 400);
  }

  async #state(request: Request, url: URL): Promise<Response> {
    const id = ulidSchema.safeParse(url.pathname.replace(/^\/snapshot\//, ''));
    if (!id.success) return new Response('not found', { status: 404 });
    try {
      if (request.method === 'GET') return await this.#restore(id.data);
      if (request.method === 'PUT') return await this.#store(request, id.data);
      return new Response('method not allowed', { status: 405 });
    } catch (error) {
      const known = asAppError(error);
      if (!known) throw error;
      return refuseState(known.status, known.code, known.message);
    }
  }

  async #restore(id: string): Promise<Response> {
    const { tenantId, generation } = this.ctx.props;
    await agentStub(this.env, tenantId).allowRestore({ id, generation });
    const object = await this.env.SNAPSHOTS.get(snapshotKey(tenantId, id));
    if (!object) return refuseState(404, 'snapshot_missing', 'The snapshot is not in the store.');
    return new Response(object.body, { headers: { 'content-length': String(object.size) } });
  }

  async #store(request: Request, id: string): Promise<Response> {
    const { tenantId, generation } = this.ctx.props;
    const agent = agentStub(this.env, tenantId);
    const size = Number(request.headers.get('content-length') ?? Number.NaN);
    const ticket = request.headers.get('x-sk-ticket') ?? '';
    const sha256 = request.headers.get('x-sk-sha256') ?? '';
    if (
      !Number.isSafeInteger(size) ||
      size < 0 ||
      !/^[0-9a-f]{64}$/.test(sha256) ||
      !request.body
    ) {
      return refuseState(411, 'length_required', 'A snapshot needs its length and its SHA-256.');
    }
    await agent.redeemTicket({ id, ticket, generation, size });
    const { readable, writable } = new FixedLengthStream(size);
    const sent = request.body.pipeTo(writable);
    // A transfer that breaks off makes the put fail too, and that is the error to answer.
    sent.catch(() => undefined);
    let object: R2Object | null;
    try {
      // R2 refuses a body whose digest differs: what is stored is what the supervisor packed. And it
      // never replaces an object, should a ticket ever be taken twice.
      const options = { sha256, onlyIf: NEVER_REPLACE };
      object = await this.env.SNAPSHOTS.put(snapshotKey(tenantId, id), readable, options);
    } catch {
      const why = 'The snapshot was not stored: it broke off or its digest differs.';
      return refuseState(422, 'snapshot_broken', why);
    }
    if (!object) return refuseState(409, 'snapshot_exists', 'This snapshot is stored already.');
    try {
      await agent.snapshotStored({ id, generation, size, sha256 });
    } catch (error) {
      // Of a tenant that is gone nobody else would ever remove it.
      const code = asAppError(error)?.code;
      if (code === 'tenant_not_found' || code === 'tenant_deleted') {
        await this.env.SNAPSHOTS.delete(snapshotKey(tenantId, id));
      }
      throw error;
    }
    return Response.json({ id, size, sha256 }, { status: 201 });
  }
}
