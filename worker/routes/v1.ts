import {
  chatRequest,
  MAX_MODEL_REQUEST_BYTES,
  type ChatRequest,
} from '../../contract/ai-gateway.ts';
import { AppError, validationError } from '../../contract/errors.ts';
import type { TenantAddress } from '../../db/queries/hostnames.ts';
import { workloadSchema, type Workload } from '../../contract/tiers.ts';
import { aiGateway, relay, repeatRpc, type Caller, type RelayResult } from '../../durable/index.ts';
import type { AgentStub } from '../agent.ts';
import { askAgent, callerOf } from '../ask-agent.ts';
import { paramOf, requestIdOf, type EdgeContext } from '../context.ts';
import { readJson } from '../read-body.ts';
import type { RouteSpec } from '../route.ts';

/** A program's on the tenant's host and by path. */
const ON = ['tenant', 'by-path'] as const;

async function readChatRequest(
  request: Request,
): Promise<{ body: ChatRequest; requestBytes: number }> {
  const { value, bytes } = await readJson(request, MAX_MODEL_REQUEST_BYTES);
  const parsed = chatRequest.safeParse(value);
  if (!parsed.success) throw validationError(parsed.error);
  return { body: parsed.data, requestBytes: bytes };
}

/** `model` is a workload, or else a model of the catalog. */
function named(model: string): { workload: Workload | null; model: string | null } {
  const workload = workloadSchema.safeParse(model);
  return workload.success ? { workload: workload.data, model: null } : { workload: null, model };
}

/** Longest name of a prompt cache that is passed on, in characters. */
const MAX_AFFINITY_CHARS = 256;

function affinityOf(c: EdgeContext): string | null {
  const affinity = c.req.header('x-session-affinity') ?? null;
  if (affinity === null || affinity.length <= MAX_AFFINITY_CHARS) return affinity;
  const bound = `x-session-affinity may have ${MAX_AFFINITY_CHARS} characters.`;
  throw new AppError('invalid_request', bound);
}

/** Another stub of the agent that was asked. */
function freshAgent(c: EdgeContext): AgentStub {
  const { deps, tenant } = c.var;
  if (!tenant) throw new AppError('tenant_not_found', 'No tenant is named here.');
  return deps.agentOf(c.env, tenant);
}

/** One model call of a program: the bodies stay here at the edge, the agent admits and books it. */
async function complete(c: EdgeContext): Promise<Response> {
  const { body, requestBytes } = await readChatRequest(c.req.raw);
  const { workload, model } = named(body.model);
  const caller = callerOf(c);
  const { lateSettles, now, fetch } = c.get('deps');
  // The call's metadata in the AI Gateway name the request that our log, our answer and the ledger do.
  const callId = requestIdOf(c);
  const call = (agent: AgentStub, { tenantId }: TenantAddress): Promise<RelayResult> => {
    const asked = <T>(ask: (stub: AgentStub) => Promise<T>): Promise<T> =>
      repeatRpc((isFirst) => ask(isFirst ? agent : freshAgent(c)));
    return relay(
      {
        admit: ({ requestBytes: bytes, requestedMaxTokens }) =>
          lateSettles.along(tenantId, (ends) => {
            const size = { requestBytes: bytes, requestedMaxTokens };
            const asking = { callId, model, workload, ...size };
            return asked((stub) => stub.admitApi(caller, asking, ends));
          }),
        retry: (ended, input) => asked((stub) => stub.retry(ended, input)),
        settle: async (input) => {
          if (input.usage === null || input.callFailed) return asked((stub) => stub.settle(input));
          await lateSettles.add(tenantId, input, (ends) => asked((stub) => stub.settleAll(ends)));
          return { failedCalls: 0 };
        },
        fetch,
        gateway: aiGateway(c.env),
        waitUntil: (work) => c.executionCtx.waitUntil(work),
        now,
      },
      {
        callId,
        source: 'api',
        // The agent knows what a key's calls are where they name no workload.
        workload: workload ?? 'chat',
        model,
        body,
        requestBytes,
        generation: null,
        openclawSession: null,
        affinity: affinityOf(c),
        signal: c.req.raw.signal,
      },
    );
  };
  const result = await askAgent(c, call);
  if (result.ok) return result.response;
  const { code, message, retryAfterMs } = result;
  throw new AppError(code, message, {
    ...(retryAfterMs !== null && { retryAfterS: Math.ceil(retryAfterMs / 1_000) }),
  });
}

interface ModelObject {
  id: string;
  object: 'model';
  created: number;
  owned_by: string;
}

/** What a program may name as `model`, as OpenAI's API lists models. */
async function listModels(c: EdgeContext, caller: Caller): Promise<ModelObject[]> {
  const { workloads, models } = await askAgent(c, (agent) => agent.listModels(caller));
  return [
    ...workloads.map((id) => modelObject(id, 'streamkinetics')),
    ...models.map((id) => modelObject(id, 'workers-ai')),
  ];
}

/** Neither workloads nor the catalog's models have a date of their own. */
function modelObject(id: string, owner: string): ModelObject {
  return { id, object: 'model', created: 0, owned_by: owner };
}

/** The tenant's own API: OpenAI's, as far as chats go. It never wakes the sandbox. */
export const v1Routes: readonly RouteSpec[] = [
  {
    method: 'POST',
    path: '/v1/chat/completions',
    on: ON,
    action: 'model.call',
    handle: complete,
  },
  {
    method: 'GET',
    path: '/v1/models',
    on: ON,
    action: 'model.list',
    async handle(c) {
      return c.json({ object: 'list', data: await listModels(c, callerOf(c)) });
    },
  },
  {
    method: 'GET',
    path: '/v1/models/:model',
    on: ON,
    action: 'model.list',
    async handle(c) {
      const id = paramOf(c, 'model');
      const model = (await listModels(c, callerOf(c))).find((one) => one.id === id);
      if (!model) throw new AppError('model_not_found', 'There is no such model here.');
      return c.json(model);
    },
  },
];
