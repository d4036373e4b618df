import { z } from 'zod';
import type { EventData } from '../contract/frames.ts';
import { textOf } from './openclaw-content.ts';

/** Tool output kept in an event, in characters; the rest is said to be cut. */
export const MAX_TOOL_OUTPUT_CHARS = 20_000;

/** What one event of the OpenClaw gateway means for the turn it belongs to. */
export type TurnNews =
  /** Text to append to the answer; coalesced before it is stored. */
  | { kind: 'text'; text: string }
  /** All that is said so far is this instead: a model call was repeated. */
  | { kind: 'restated'; text: string }
  | { kind: 'event'; data: EventData }
  | { kind: 'end'; end: 'final' | 'aborted' | 'error'; text: string; message: string };

const message = z.looseObject({ content: z.unknown().optional() }).nullish();

const chatEvent = z.looseObject({
  runId: z.string().optional(),
  sessionKey: z.string(),
  state: z.string(),
  phase: z.string().optional(),
  deltaText: z.string().optional(),
  /** The text takes the place of all before it (its docs/gateway/protocol/rpc-bootstrap-and-events.md). */
  replace: z.boolean().optional(),
  errorMessage: z.string().optional(),
  stopReason: z.string().nullish(),
  message,
});

const agentEvent = z.looseObject({
  runId: z.string().optional(),
  sessionKey: z.string().optional(),
  stream: z.string(),
  data: z.looseObject({ phase: z.string().optional() }).optional(),
});

/** Where an event belongs: OpenClaw's session key and run, where it names them. */
export interface EventAddress {
  sessionKey: string | null;
  runId: string | null;
}

export function addressOf(payload: unknown): EventAddress {
  const parsed = z
    .looseObject({ sessionKey: z.string().optional(), runId: z.string().optional() })
    .safeParse(payload);
  return { sessionKey: parsed.data?.sessionKey ?? null, runId: parsed.data?.runId ?? null };
}

function shorten(value: unknown): string {
  const text =
    typeof value === 'string' ? value : (textOfResult(value) ?? JSON.stringify(value ?? ''));
  if (text.length <= MAX_TOOL_OUTPUT_CHARS) return text;
  return `${text.slice(0, MAX_TOOL_OUTPUT_CHARS)}\n… (${text.length - MAX_TOOL_OUTPUT_CHARS} characters more)`;
}

/** Tool results come as `{content:[{type:"text",text}]}`; their text is what people read. */
function textOfResult(value: unknown): string | null {
  const parsed = z.looseObject({ content: z.array(z.unknown()) }).safeParse(value);
  if (!parsed.success) return null;
  return textOf(parsed.data.content) || null;
}

function readChat(payload: unknown): TurnNews | null {
  const event = chatEvent.safeParse(payload);
  if (!event.success) return null;
  const { state } = event.data;
  if (state === 'status' && event.data.phase) {
    return { kind: 'event', data: { type: 'status', phase: event.data.phase } };
  }
  if (state === 'delta' && event.data.deltaText) {
    return { kind: event.data.replace ? 'restated' : 'text', text: event.data.deltaText };
  }
  const text = textOf(event.data.message?.content);
  if (state === 'final' || state === 'aborted')
    return { kind: 'end', end: state, text, message: '' };
  if (state === 'error') {
    return {
      kind: 'end',
      end: 'error',
      text,
      message: event.data.errorMessage ?? 'The agent failed.',
    };
  }
  return null;
}

function readTool(data: Record<string, unknown>): TurnNews | null {
  const callId = String(data['toolCallId'] ?? '');
  const name = String(data['name'] ?? 'tool');
  switch (data['phase']) {
    case 'start':
      return {
        kind: 'event',
        data: { type: 'tool.start', callId, name, args: shorten(data['args']) },
      };
    case 'update':
      return {
        kind: 'event',
        data: { type: 'tool.update', callId, output: shorten(data['partialResult']) },
      };
    case 'result':
      return {
        kind: 'event',
        data: {
          type: 'tool.result',
          callId,
          name,
          output: shorten(data['result']),
          isError: data['isError'] === true,
        },
      };
    default:
      return null;
  }
}

/** Reads one gateway event; null for those that say nothing to a member. */
export function readGatewayEvent(event: string, payload: unknown): TurnNews | null {
  if (event === 'chat') return readChat(payload);
  if (event !== 'agent') return null;
  const parsed = agentEvent.safeParse(payload);
  if (!parsed.success || parsed.data.stream !== 'tool' || !parsed.data.data) return null;
  return readTool(parsed.data.data);
}
