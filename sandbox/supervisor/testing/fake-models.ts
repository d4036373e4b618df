import { type IncomingHttpHeaders, type ServerResponse, createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { listen } from './listen.ts';

/** A model request as it arrived. */
export interface ModelRequest {
  headers: IncomingHttpHeaders;
  body: { model: string; messages: { role: string; content: unknown }[]; [key: string]: unknown };
}

/** What the model says to a request: pieces of text, one tool call, or a refusal. */
export type ModelAnswer =
  | { pieces: string[]; pauseMs?: number }
  | { tool: string; args: unknown }
  | { status: number; error: string };

/** A models server that streams OpenAI's chat format; `answer` decides what. */
export async function startFakeModels(answer: (request: ModelRequest) => ModelAnswer): Promise<{
  url: string;
  requests: ModelRequest[];
  close: () => void;
}> {
  const requests: ModelRequest[] = [];
  const server = createServer(async (incoming, response) => {
    const body = JSON.parse(await text(incoming)) as ModelRequest['body'];
    const request = { headers: incoming.headers, body };
    requests.push(request);
    await reply(response, answer(request));
  });
  const port = await listen(server);
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  return { url: `http://127.0.0.1:${port}/v1`, requests, close };
}

async function reply(response: ServerResponse, answer: ModelAnswer): Promise<void> {
  if ('status' in answer) {
    response.writeHead(answer.status, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ error: { message: answer.error } }));
    return;
  }
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  const send = (delta: unknown, finish: string | null = null) =>
    response.write(
      `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`,
    );
  if ('tool' in answer) {
    const call = { name: answer.tool, arguments: JSON.stringify(answer.args) };
    send({
      role: 'assistant',
      tool_calls: [{ index: 0, id: 'call_1', type: 'function', function: call }],
    });
    send({}, 'tool_calls');
  } else {
    for (const content of answer.pieces) {
      send({ role: 'assistant', content });
      if (answer.pauseMs) await new Promise((resolve) => setTimeout(resolve, answer.pauseMs));
    }
    send({}, 'stop');
  }
  const usage = { prompt_tokens: 10, completion_tokens: 2, total_tokens: 12 };
  response.write(`data: ${JSON.stringify({ id: 'c', choices: [], usage })}\n\n`);
  response.end('data: [DONE]\n\n');
}
