import { z } from 'zod';
import { textOf } from './openclaw-content.ts';

const history = z.looseObject({
  messages: z.array(
    z.looseObject({
      role: z.string(),
      content: z.unknown().optional(),
      idempotencyKey: z.string().optional(),
      stopReason: z.string().nullish(),
      errorMessage: z.string().nullish(),
      openclawAbort: z.unknown().optional(),
    }),
  ),
  inFlightRun: z.looseObject({ runId: z.string(), text: z.string().optional() }).nullish(),
});

/** What OpenClaw knows of a turn. */
export type Standing =
  /** It never got the message, or its state is older: send it. */
  | { kind: 'absent' }
  /** A run is on; `text` is all it has said so far. */
  | { kind: 'running'; runId: string; text: string }
  /** It has answered, or was stopped; the text is what it has said. */
  | { kind: 'answered' | 'aborted'; text: string }
  | { kind: 'failed'; message: string }
  /** It has the message and no run: it died on it, and may resume by itself. */
  | { kind: 'interrupted' };

/**
 * Reads what an answer of `chat.history` says about a turn. OpenClaw keeps the idempotency key of a
 * sent message as `<key>:user`. Its own messages after a restart carry other keys.
 */
export function standingOf(payload: unknown, turnId: string): Standing {
  const parsed = history.safeParse(payload);
  if (!parsed.success) return { kind: 'absent' };
  const { messages, inFlightRun } = parsed.data;
  const at = messages.findIndex((entry) => entry.idempotencyKey === `${turnId}:user`);
  if (at === -1) return { kind: 'absent' };
  if (inFlightRun)
    return { kind: 'running', runId: inFlightRun.runId, text: inFlightRun.text ?? '' };
  const last = messages.slice(at + 1).findLast((entry) => entry.role === 'assistant');
  if (!last) return { kind: 'interrupted' };
  const text = textOf(last.content);
  if (last.openclawAbort || last.stopReason === 'aborted') return { kind: 'aborted', text };
  if (last.stopReason === 'stop' || last.stopReason === 'length') return { kind: 'answered', text };
  if (last.stopReason !== 'error') return { kind: 'interrupted' };
  // What it had said before it failed is not why.
  return { kind: 'failed', message: last.errorMessage || text || 'The agent failed.' };
}

/** Whether OpenClaw's transcript holds a message of exactly this text. */
export function holdsText(payload: unknown, text: string): boolean {
  const parsed = history.safeParse(payload);
  return parsed.data?.messages.some(({ content }) => textOf(content) === text) ?? false;
}
