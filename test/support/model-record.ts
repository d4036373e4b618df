import { z } from 'zod';
import { askOk } from './loopback.ts';

const recorded = z.looseObject({
  seq: z.number(),
  logId: z.string().nullable(),
  metadata: z.record(z.string(), z.unknown()).nullable(),
  model: z.string().nullable(),
  stream: z.boolean(),
  body: z.unknown(),
  status: z.number().nullable(),
  usage: z.looseObject({ tokensIn: z.number(), tokensOut: z.number() }).nullable(),
  outcome: z.string(),
});
export type Recorded = z.infer<typeof recorded>;

const requestList = z.looseObject({ requests: z.array(recorded) });

/** What the AI Gateway stand-in received from a tenant, oldest first. */
export async function recordedCalls(controlUrl: string, tenantId: string): Promise<Recorded[]> {
  const answer = await askOk(`${controlUrl}/requests?tenant=${tenantId}`);
  return requestList.parse(answer).requests;
}

/** Makes the stand-in misbehave. */
export async function addFault(controlUrl: string, rule: unknown): Promise<void> {
  await askOk(`${controlUrl}/faults`, { method: 'POST', body: rule });
}

/** Makes the stand-in behave again. */
export async function clearFaults(controlUrl: string): Promise<void> {
  await askOk(`${controlUrl}/faults`, { method: 'DELETE' });
}

export async function setDown(controlUrl: string, down: boolean): Promise<void> {
  await askOk(`${controlUrl}/down`, { method: 'POST', body: { down } });
}

const chatBody = z.looseObject({
  messages: z.array(z.looseObject({ role: z.string(), content: z.unknown() })),
  tools: z.array(z.looseObject({ function: z.looseObject({ name: z.string() }) })).optional(),
});

/** The system prompt and the names of the tools of a recorded request. */
export function promptOf(call: Recorded): { system: string; tools: string[] } {
  const { messages, tools = [] } = chatBody.parse(call.body);
  const system = messages.find(({ role }) => role === 'system')?.content;
  return {
    system: typeof system === 'string' ? system : JSON.stringify(system ?? ''),
    tools: tools.map((tool) => tool.function.name),
  };
}
