import { memberApi } from '../api/member-api.ts';
import type { ChatDeps } from './chat-client.svelte.ts';
import { openChatSocket } from './chat-socket.ts';
import { readOutbox, writeOutbox } from './kept-outbox.ts';

/** A hidden page gets no animation frames; it catches up this often, ms. */
const HIDDEN_FRAME_MS = 250;

function nextFrame(task: () => void): void {
  if (document.visibilityState === 'hidden') setTimeout(task, HIDDEN_FRAME_MS);
  else requestAnimationFrame(task);
}

/** What the chat touches in a browser. On the server nothing of it is called but `readOutbox`. */
export function browserDeps(isBrowser: boolean): ChatDeps {
  return {
    connect: (events) => openChatSocket(new URL(location.href), events),
    api: memberApi((input, init) => fetch(input, init)),
    nextFrame,
    now: () => Date.now(),
    newId: () => crypto.randomUUID(),
    readOutbox: () => (isBrowser ? readOutbox(sessionStorage) : []),
    writeOutbox: (outbox) => writeOutbox(sessionStorage, outbox),
  };
}
