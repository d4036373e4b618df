import { z } from 'zod';
import { clientId, ulidSchema } from '../../../../contract/ids.ts';
import { addMessage, type Outbox } from './outbox.ts';

const KEY = 'outbox';
/** Messages kept for after a reload: more than a person leaves unsent. */
const MAX_KEPT = 50;
const kept = z
  .array(z.object({ id: clientId, sessionId: ulidSchema, text: z.string().min(1) }))
  .max(MAX_KEPT);

/** The unsent messages of this tab from before a reload; they go out under the same ids. */
export function readOutbox(store: Storage): Outbox {
  try {
    const messages = kept.parse(JSON.parse(store.getItem(KEY) ?? '[]'));
    return messages.reduce<Outbox>((outbox, message) => addMessage(outbox, message), []);
  } catch {
    return [];
  }
}

/** Keeps what is not stored by the agent yet. Full or forbidden storage is no reason to fail. */
export function writeOutbox(store: Storage, outbox: Outbox): void {
  const messages = outbox
    .filter((message) => message.state !== 'stored')
    .slice(0, MAX_KEPT)
    .map(({ id, sessionId, text }) => ({ id, sessionId, text }));
  try {
    if (messages.length === 0) store.removeItem(KEY);
    else store.setItem(KEY, JSON.stringify(messages));
  } catch {
    // They are still on the page.
  }
}
