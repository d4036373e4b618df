import { createServer, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { z } from 'zod';
import { ANSWERS, type Answer } from './script.ts';

const request = z.looseObject({
  model: z.string(),
  stream: z.boolean().default(false),
  tools: z.array(z.looseObject({ function: z.looseObject({ name: z.string() }) })).default([]),
  messages: z.array(
    z.looseObject({ role: z.string(), content: z.unknown(), tool_call_id: z.string().optional() }),
  ),
});
type Request = z.infer<typeof request>;

/** Words of a message, whose content may be in parts. */
function textOf(content: unknown): string {
  return typeof content === 'string' ? content : JSON.stringify(content ?? '');
}

/** The answer to the newest question that the script knows, and how many tools were used for it. */
function findAnswer({ messages }: Request): { answer: Answer | null; toolsUsed: number } {
  // OpenClaw adds messages of its own, and words to those of people.
  const answerTo = ({ role, content }: Request['messages'][number]): Answer | undefined =>
    role === 'user'
      ? ANSWERS.find(({ question }) => textOf(content).includes(question))
      : undefined;
  const asked = messages.findLastIndex((message) => answerTo(message) !== undefined);
  const answer = (messages[asked] && answerTo(messages[asked])) ?? null;
  const toolsUsed = messages.slice(asked).filter(({ role }) => role === 'tool').length;
  return { answer, toolsUsed };
}

function deltaOf(body: Request): { delta: object; finish: string } {
  const { answer, toolsUsed } = findAnswer(body);
  // The double of OpenClaw brings none.
  const offered = new Set(body.tools.map(({ function: { name } }) => name));
  const tool = answer?.tools?.filter(({ name }) => offered.has(name))[toolsUsed];
  if (tool) {
    const call = { name: tool.name, arguments: JSON.stringify(tool.args) };
    const calls = [{ index: 0, id: `call_${toolsUsed}`, type: 'function', function: call }];
    return { delta: { role: 'assistant', tool_calls: calls }, finish: 'tool_calls' };
  }
  return { delta: { role: 'assistant', content: answer?.text ?? 'Done.' }, finish: 'stop' };
}

const USAGE = { prompt_tokens: 12_480, completion_tokens: 310, total_tokens: 12_790 };

function answer(body: Request, response: ServerResponse): void {
  const { delta, finish } = deltaOf(body);
  const base = { id: 'chatcmpl-shot', created: 0, model: body.model };
  if (!body.stream) {
    response.setHeader('content-type', 'application/json');
    const choices = [{ index: 0, message: delta, finish_reason: finish }];
    response.end(JSON.stringify({ ...base, object: 'chat.completion', choices, usage: USAGE }));
    return;
  }
  response.setHeader('content-type', 'text/event-stream');
  const chunk = (choices: object[], more: object = {}): void => {
    const data = { ...base, object: 'chat.completion.chunk', choices, ...more };
    response.write(`data: ${JSON.stringify(data)}\n\n`);
  };
  chunk([{ index: 0, delta, finish_reason: null }]);
  chunk([{ index: 0, delta: {}, finish_reason: finish }]);
  chunk([], { usage: USAGE });
  response.end('data: [DONE]\n\n');
}

/** A model that speaks OpenAI's protocol and knows a few conversations by heart. */
export async function startScriptedModel(): Promise<{ url: string; close(): void }> {
  const server = createServer((incoming, response) => {
    const parts: Buffer[] = [];
    incoming.on('data', (part: Buffer) => parts.push(part));
    incoming.on('end', () => {
      answer(request.parse(JSON.parse(Buffer.concat(parts).toString())), response);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/v1`, close: () => server.close() };
}
