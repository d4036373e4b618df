import { runAttempt } from './chat-attempt.ts';
import { readInput } from './chat-input.ts';
import type { Exchange } from './exchange.ts';
import { sendRefusal } from './http-io.ts';

/** `POST …/ai/v1/chat/completions`. */
export async function handleChat(exchange: Exchange, accountId: string): Promise<void> {
  const { state, req, res } = exchange;
  const input = await readInput(exchange, accountId);
  if (!input) return;
  const { request, settings } = input;
  const subject = {
    model: request.model,
    tenant: settings.metadata['tenant'],
    workload: settings.metadata['workload'],
    stream: request.stream === true,
  };
  for (let attempt = 1; ; attempt += 1) {
    const fault = state.faults.take(subject);
    const refusal = await runAttempt(exchange, { ...input, fault });
    if (refusal === null) return;
    // The gateway's own retries: each is an attempt of its own, with its own log entry.
    if (refusal.status < 500 || attempt >= settings.maxAttempts) {
      sendRefusal(req, res, refusal);
      return;
    }
  }
}
