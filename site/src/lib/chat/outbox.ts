/**
 * Messages this client wrote and has not seen in the log yet. Each is sent until it is
 * acknowledged, always under the same id, so that sending it again changes nothing.
 */
export interface PendingMessage {
  id: string;
  sessionId: string;
  text: string;
  /** `unsent` also covers sent and not acknowledged: after a reconnect both are sent again. */
  state: 'unsent' | 'stored' | 'refused';
  refusal: { code: string; message: string } | null;
}

export type Outbox = readonly PendingMessage[];

function change(outbox: Outbox, id: string, next: Partial<PendingMessage>): Outbox {
  if (!outbox.some((message) => message.id === id)) return outbox;
  return outbox.map((message) => (message.id === id ? { ...message, ...next } : message));
}

export function addMessage(
  outbox: Outbox,
  message: { id: string; sessionId: string; text: string },
): Outbox {
  return [...outbox, { ...message, state: 'unsent', refusal: null }];
}

/** After an `ack`: the message is safe, and stays until the log shows it. */
export function markStored(outbox: Outbox, id: string): Outbox {
  return change(outbox, id, { state: 'stored', refusal: null });
}

export function markRefused(
  outbox: Outbox,
  id: string,
  refusal: { code: string; message: string },
) {
  return change(outbox, id, { state: 'refused', refusal });
}

/** A refused message goes back to the queue, under the same id: it was never stored. */
export function markUnsent(outbox: Outbox, id: string): Outbox {
  return change(outbox, id, { state: 'unsent', refusal: null });
}

export function dropMessages(outbox: Outbox, ids: ReadonlySet<string>): Outbox {
  return outbox.some((message) => ids.has(message.id))
    ? outbox.filter((message) => !ids.has(message.id))
    : outbox;
}

export function dropSession(outbox: Outbox, sessionId: string): Outbox {
  return outbox.some((message) => message.sessionId === sessionId)
    ? outbox.filter((message) => message.sessionId !== sessionId)
    : outbox;
}

/** What a fresh connection must send, oldest first. */
export function toSend(outbox: Outbox): Outbox {
  return outbox.filter((message) => message.state === 'unsent');
}
