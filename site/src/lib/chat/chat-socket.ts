import type { ClientFrame } from '../../../../contract/frames.ts';
import { openKeptSocket, type KeptSocket } from '../api/kept-socket.ts';

export interface SocketEvents {
  onText(text: string): void;
  /** The line is gone, or a try to open it failed; the next try comes by itself. */
  onDown(): void;
}

/** The chat's line to the agent, as the client uses it. */
export interface ChatSocket extends Omit<KeptSocket, 'send'> {
  /** False when the line is not open; nothing is kept then. */
  send(frame: ClientFrame): boolean;
}

/** Opens `/api/socket` of the page's host, and keeps it open and awake. */
export function openChatSocket(page: URL, events: SocketEvents): ChatSocket {
  const line = openKeptSocket(
    { path: '/api/socket', page },
    { onText: events.onText, onDown: () => events.onDown() },
  );
  return { ...line, send: (frame) => line.send(JSON.stringify(frame)) };
}
