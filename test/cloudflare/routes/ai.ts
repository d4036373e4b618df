import { randomUUID } from 'node:crypto';
import { Answer, found, page, Refusal, type Call, type Handlers } from '../call.ts';
import { newAiGateway, now } from '../state.ts';

function gatewayOf({ state, path }: Call, name: string) {
  return found(state.aiGateways.get(path[name] ?? ''), 7002, 'Gateway not found');
}

/** A model's answer in OpenAI's shape, logged by the gateway if the request names one. */
function answerModel(call: Call, model: string): { text: string; usage: Record<string, number> } {
  const { state, headers } = call;
  if (!state.models.has(model)) throw new Refusal(410, 5028, `Model ${model} has been deprecated`);
  const gateway = headers.get('cf-aig-gateway-id');
  state.modelRequests.push({ model, gateway });
  if (gateway !== null) {
    found(state.aiGateways.get(gateway), 7002, 'Gateway not found');
    state.aiLogs.push({
      id: randomUUID(),
      gateway,
      model,
      provider: 'workers-ai',
      created_at: now(),
      success: true,
      cached: false,
      duration: 12,
      path: 'chat/completions',
      tokens_in: 4,
      tokens_out: 1,
      metadata: headers.get('cf-aig-metadata') ?? '{}',
    });
  }
  return { text: 'OK', usage: { prompt_tokens: 4, completion_tokens: 1, total_tokens: 5 } };
}

export const aiHandlers: Handlers = {
  'ai-gateway.ai-gateway.list': ({ state, query }) => page([...state.aiGateways.values()], query),
  'ai-gateway.ai-gateway.create': ({ state, body }) => {
    const settings = body as { id: string };
    const gateway = { ...newAiGateway(settings.id), ...settings };
    state.aiGateways.set(gateway.id, gateway);
    return gateway;
  },
  'ai-gateway.ai-gateway.get': (call) => gatewayOf(call, 'id'),
  'ai-gateway.ai-gateway.update': (call) =>
    Object.assign(gatewayOf(call, 'id'), call.body, { modified_at: now() }),
  'ai-gateway.logs.list': (call) => {
    const { id } = gatewayOf(call, 'gateway_id');
    return page(call.state.aiLogs.filter(({ gateway }) => gateway === id).toReversed(), call.query);
  },
  'ai-gateway.logs.get': ({ state, path }) =>
    found(
      state.aiLogs.find(({ id }) => id === path.id),
      7002,
      'Log not found',
    ),
  'ai.models.models.list': ({ state, query }) =>
    page(
      [...state.models].map((name) => ({ id: name, name, source: 1 })),
      query,
    ),
  'ai.ai.run': (call) => {
    const { text, usage } = answerModel(call, call.path.model_name ?? '');
    return { response: text, usage };
  },
  'wrangler.ai.chat': (call) => {
    const { model } = call.body as { model: string };
    const { text, usage } = answerModel(call, model);
    const message = { role: 'assistant', content: text };
    return new Answer(
      {
        id: `chatcmpl-${randomUUID()}`,
        object: 'chat.completion',
        created: 1_790_000_000,
        model,
        choices: [{ index: 0, message, finish_reason: 'stop' }],
        usage,
      },
      { isPlain: true },
    );
  },
};
