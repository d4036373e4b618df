import ReconnectingSocket from 'partysocket/ws';
import { PING, PONG } from '../../../../contract/frames.ts';
import { heartbeat, type Pulse } from './heartbeat.ts';

/** How often the line is looked at, ms. */
const PULSE_EVERY_MS = 2_000;
const MAX_DELAY_MS = 10_000;
/** Shortest wait before a reconnect, ms: spread, so that many clients do not come back at once. */
const minDelayMs = (): number => 400 + Math.random() * 800;

/** How a line ended; 1006 and no reason where it broke, or a try to open it failed. */
export interface Closed {
  code: number;
  reason: string;
}

export interface LineEvents {
  /** What comes, but for the answers to pings. */
  onText(text: string): void;
  /** The line is gone, or a try to open it failed; the next try comes by itself. */
  onDown(closed: Closed): void;
}

/** A line that is kept open and awake until it is closed. */
export interface KeptSocket {
  /** False when the line is not open; nothing is kept then. */
  send(text: string): boolean;
  /** Drops a line that cannot be trusted any more, and opens another. */
  reconnect(): void;
  close(): void;
}

/** Opens a WebSocket to a path of the page's host, and keeps it open and awake. */
export function openKeptSocket(
  { path, page }: { path: string; page: URL },
  events: LineEvents,
): KeptSocket {
  const url = new URL(path, page);
  url.protocol = page.protocol === 'http:' ? 'ws:' : 'wss:';
  const socket = new ReconnectingSocket(url.href, [], {
    minReconnectionDelay: minDelayMs(),
    maxReconnectionDelay: MAX_DELAY_MS,
    reconnectionDelayGrowFactor: 1.7,
    connectionTimeout: 10_000,
    maxEnqueuedMessages: 0,
  });
  const pulse: Pulse = { heardAt: Date.now(), pingedAt: null };
  const heard = (): void => {
    pulse.heardAt = Date.now();
    pulse.pingedAt = null;
  };
  const look = (): void => {
    if (socket.readyState !== ReconnectingSocket.OPEN) return;
    const verdict = heartbeat(pulse, Date.now());
    if (verdict === 'dead') socket.reconnect();
    if (verdict !== 'ping') return;
    pulse.pingedAt = Date.now();
    socket.send(PING);
  };
  /** A device that wakes up or comes back online does not wait for the next look. */
  const doubt = (): void => {
    if (document.visibilityState === 'hidden') return;
    if (socket.readyState === ReconnectingSocket.OPEN) {
      if (pulse.pingedAt !== null) return;
      pulse.pingedAt = Date.now();
      socket.send(PING);
    } else if (navigator.onLine) socket.reconnect();
  };
  const timer = setInterval(look, PULSE_EVERY_MS);
  socket.addEventListener('open', heard);
  socket.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
    heard();
    if (typeof data === 'string' && data !== PONG) events.onText(data);
  });
  socket.addEventListener('close', ({ code, reason }) => events.onDown({ code, reason }));
  window.addEventListener('online', doubt);
  document.addEventListener('visibilitychange', doubt);
  return {
    send(text) {
      if (socket.readyState !== ReconnectingSocket.OPEN) return false;
      socket.send(text);
      return true;
    },
    reconnect: () => socket.reconnect(),
    close() {
      clearInterval(timer);
      window.removeEventListener('online', doubt);
      document.removeEventListener('visibilitychange', doubt);
      socket.close();
    },
  };
}
