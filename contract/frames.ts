import { z } from 'zod';
import { agentStatus } from './agent.ts';
import { clientId, ulidSchema } from './ids.ts';
import { budgetView } from './notices.ts';

/** Version of the chat protocol; a client that speaks another is told to reload. */
export const CHAT_PROTOCOL = 1;

/** Longest frame a client may send, in bytes: the longest message of any tier, with its escapes. */
export const MAX_CLIENT_FRAME_BYTES = 700_000;
/** Sessions one socket may follow at a time. */
export const MAX_SUBSCRIPTIONS = 16;
/** Events in one `events` frame; more come in further frames. */
export const EVENTS_PER_FRAME = 200;
/**
 * Sessions or events that go out at once, in bytes: a frame, or a page of a history, ends with the one
 * before it would be longer. A single event that is longer goes alone.
 */
export const MAX_BATCH_BYTES = 256 * 1_024;

/** Turns that a client may ask for at a time, from a session's newest or before an earlier one. */
const MAX_TURNS_PER_PAGE = 100;
/** A page of turns ends with the one before it would be longer, in bytes; it holds one turn at least. */
export const MAX_PAGE_BYTES = 1_024 * 1_024;

export const sessionTitle = z.string().trim().min(1).max(120);

export const sessionView = z.object({
  id: ulidSchema,
  title: z.string(),
  createdAt: z.number().int(),
  updatedAt: z.number().int(),
  /** Newest event's number; 0 when there is none. */
  lastSeq: z.number().int().nonnegative(),
  /** Whether a turn is open (queued or running). */
  working: z.boolean(),
});
export type SessionView = z.infer<typeof sessionView>;

/** What the model calls of a turn have used, from the ledger: there once all of them are settled. */
export const turnUsage = z.object({
  /** The one that was asked last. */
  model: z.string(),
  tokensIn: z.number().int().nonnegative(),
  tokensOut: z.number().int().nonnegative(),
  costNano: z.number().int().nonnegative(),
});
export type TurnUsage = z.infer<typeof turnUsage>;

/**
 * The events of a session's log by type. A turn is: `user`, then any of `status`, `delta`,
 * `tool.*` and `turn.reset`, then exactly one of `final`, `aborted` and `error`.
 */
export const eventData = z.discriminatedUnion('type', [
  /** `clientId` is the id under which the client sent it: it matches its own pending message. */
  z.object({ type: z.literal('user'), text: z.string(), clientId: z.string(), by: z.string() }),
  /** A phase before the first word: preparing_workspace, preparing_context, starting_model. */
  z.object({ type: z.literal('status'), phase: z.string() }),
  /** Text to append to the turn's answer. */
  z.object({ type: z.literal('delta'), text: z.string() }),
  z.object({
    type: z.literal('tool.start'),
    callId: z.string(),
    name: z.string(),
    args: z.string(),
  }),
  z.object({ type: z.literal('tool.update'), callId: z.string(), output: z.string() }),
  z.object({
    type: z.literal('tool.result'),
    callId: z.string(),
    name: z.string(),
    output: z.string(),
    isError: z.boolean(),
  }),
  /** The run started over: drop this turn's deltas. */
  z.object({ type: z.literal('turn.reset'), reason: z.string() }),
  /** The whole answer; the turn's deltas are deleted and this stands for them. */
  z.object({
    type: z.literal('final'),
    text: z.string(),
    ms: z.number().int(),
    usage: turnUsage.optional(),
  }),
  /** Stopped by a person; the text so far. */
  z.object({
    type: z.literal('aborted'),
    text: z.string(),
    by: z.string(),
    usage: turnUsage.optional(),
  }),
  /** The turn failed; the same message can be sent again when `retryable`. */
  z.object({
    type: z.literal('error'),
    code: z.string(),
    message: z.string(),
    retryable: z.boolean(),
    text: z.string(),
    usage: turnUsage.optional(),
  }),
]);
export type EventData = z.infer<typeof eventData>;
export type EventType = EventData['type'];

export const sessionEvent = z.object({
  /** Counts up from 1 in each session. Numbers of deleted deltas are never used again. */
  seq: z.number().int().positive(),
  turnId: z.string(),
  /** UTC ms. */
  at: z.number().int(),
  data: eventData,
});
export type SessionEvent = z.infer<typeof sessionEvent>;

/** What a client may send over the chat socket. */
export const clientFrame = z.discriminatedUnion('type', [
  /**
   * Follow a session: everything after `after`, then live. `after: 0` is the whole history, or its
   * newest `turns` turns where that is given.
   */
  z.object({
    type: z.literal('subscribe'),
    sessionId: ulidSchema,
    after: z.number().int().nonnegative(),
    turns: z.number().int().positive().max(MAX_TURNS_PER_PAGE).optional(),
  }),
  /** The turns before the one whose `user` event has the number `before`, the newest of them. */
  z.object({
    type: z.literal('earlier'),
    sessionId: ulidSchema,
    before: z.number().int().positive(),
    turns: z.number().int().positive().max(MAX_TURNS_PER_PAGE),
  }),
  z.object({ type: z.literal('unsubscribe'), sessionId: ulidSchema }),
  /** One message. `id` is the client's own: the same one again changes nothing. */
  z.object({
    type: z.literal('send'),
    id: clientId,
    sessionId: ulidSchema,
    text: z.string().min(1),
  }),
  /** Stop the running turn of a session, and drop its queued ones. */
  z.object({ type: z.literal('stop'), sessionId: ulidSchema }),
]);
export type ClientFrame = z.infer<typeof clientFrame>;

/** Sent as text, answered by `pong` without waking the object. */
export const PING = '{"type":"ping"}';
export const PONG = '{"type":"pong"}';

/** What the agent sends over the chat socket. */
export const serverFrame = z.discriminatedUnion('type', [
  /** First frame of every socket. Of very many sessions the oldest follow as `session` frames. */
  z.object({
    type: z.literal('hello'),
    protocol: z.literal(CHAT_PROTOCOL),
    member: z.object({
      id: z.string(),
      name: z.string(),
      role: z.enum(['owner', 'user', 'operator']),
    }),
    tenant: z.object({ slug: z.string(), tier: z.string(), maxMessageChars: z.number().int() }),
    agent: agentStatus,
    budget: budgetView,
    sessions: z.array(sessionView),
  }),
  z.object({ type: z.literal('agent'), agent: agentStatus }),
  /** The month's budget has come to a notice, or back from one. */
  z.object({ type: z.literal('budget'), budget: budgetView }),
  /** A session is new or changed. */
  z.object({ type: z.literal('session'), session: sessionView }),
  z.object({ type: z.literal('session.deleted'), sessionId: z.string() }),
  /** Events of a subscribed session, in order of seq. */
  z.object({
    type: z.literal('events'),
    sessionId: z.string(),
    events: z.array(sessionEvent),
    /** True on the last frame of the backlog that answers a `subscribe`. */
    caughtUp: z.boolean().optional(),
    /** Of a history that does not come whole: the `user` event that it begins with. */
    cut: z.number().int().positive().optional(),
  }),
  /** Answers `earlier`: whole turns, which come in as many of these frames as it takes. */
  z.object({
    type: z.literal('earlier'),
    sessionId: z.string(),
    /** As it was asked. */
    before: z.number().int(),
    events: z.array(sessionEvent),
    /** True on the last frame of the answer. */
    done: z.boolean(),
    /** Where the turns before these end, or null when these are the first. */
    cut: z.number().int().positive().nullable(),
  }),
  /** What an ended turn has used is known now, or more of it than its last event said. */
  z.object({
    type: z.literal('usage'),
    sessionId: z.string(),
    turnId: z.string(),
    usage: turnUsage,
  }),
  /** The message is stored: it will not be lost any more. */
  z.object({
    type: z.literal('ack'),
    id: z.string(),
    sessionId: z.string(),
    turnId: z.string(),
    seq: z.number().int(),
  }),
  /** A frame was refused; `ref` is the id or session it was about. */
  z.object({
    type: z.literal('error'),
    code: z.string(),
    message: z.string(),
    ref: z.string().optional(),
  }),
  z.object({ type: z.literal('pong') }),
]);
export type ServerFrame = z.infer<typeof serverFrame>;
