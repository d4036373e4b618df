import { setTimeout as pause } from 'node:timers/promises';
import type { CallPlan } from './call-plan.ts';

/** Whom a program calls, and with which key. */
export interface Target {
  url: string;
  key: string;
}

/** An answer that takes longer never comes, ms: both attempts of a call with room to spare. */
const CALL_TIMEOUT_MS = 30_000;

/** What became of a call, as its caller saw it. `unreachable` is one that was never made. */
export type CallEnd = 'answered' | 'refused' | 'cut' | 'left' | 'lost' | 'hung' | 'unreachable';

/** Makes one call as a program does that never repeats one: a broken connection is the end of it. */
export async function makeCall({ url, key }: Target, plan: CallPlan): Promise<CallEnd> {
  const { model, stream, prompt, maxTokens, leaves } = plan;
  const controller = new AbortController();
  const leave = (): void => controller.abort('left');
  const timer = setTimeout(() => controller.abort('hung'), CALL_TIMEOUT_MS);
  if (typeof leaves === 'number') void pause(leaves).then(leave);
  try {
    const response = await fetch(`${url}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
      body: JSON.stringify({
        model,
        stream,
        messages: [{ role: 'user', content: prompt }],
        max_tokens: maxTokens,
      }),
      signal: controller.signal,
    });
    const text = await readAnswer(response, leaves === 'at first chunk' ? leave : () => undefined);
    if (!response.ok) return 'refused';
    return !stream || text.includes('[DONE]') ? 'answered' : 'cut';
  } catch (error) {
    if (controller.signal.aborted) return controller.signal.reason === 'hung' ? 'hung' : 'left';
    return isRefusedConnection(error) ? 'unreachable' : 'lost';
  } finally {
    clearTimeout(timer);
  }
}

async function readAnswer(response: Response, begun: () => void): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk as Uint8Array, { stream: true });
    begun();
  }
  return text;
}

/** Nothing listened: the call has not left this program. */
function isRefusedConnection(error: unknown): boolean {
  const cause =
    error instanceof Error ? (error.cause as { code?: unknown } | undefined) : undefined;
  return cause?.code === 'ECONNREFUSED';
}
