import { connect, createServer } from 'node:net';

/** A boot takes 7-28 s on one or two CPUs, double on half of one; past this it hangs. */
export const BOOT_TIMEOUT_MS = 180_000;
/** How late the answer is at most; each look costs OpenClaw some of the CPU it boots with. */
const POLL_MS = 100;
/** One poll; a busy event loop may hold the answer back while OpenClaw loads. */
const POLL_TIMEOUT_MS = 5_000;

/**
 * Polls OpenClaw's /readyz until it answers 200.
 * @returns false when `signal` aborted or BOOT_TIMEOUT_MS passed first.
 */
export async function untilReady(port: number, signal: AbortSignal): Promise<boolean> {
  const giveUp = AbortSignal.any([signal, AbortSignal.timeout(BOOT_TIMEOUT_MS)]);
  let listens = false;
  while (!giveUp.aborted) {
    listens ||= await isListening(port);
    if (listens && (await isReady(port, giveUp))) return true;
    await pause(POLL_MS, giveUp);
  }
  return false;
}

/** Waits `ms`, less when `signal` aborts. Never rejects. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done);
  });
}

/** @returns a TCP port that is free on loopback now. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => {
        if (address === null || typeof address === 'string') reject(new Error('no free port'));
        else resolve(address.port);
      });
    });
  });
}

/** Most of a boot nobody listens yet: finding that out takes a quarter of what a `fetch` takes. */
function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('error', () => resolve(false));
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
  });
}

async function isReady(port: number, giveUp: AbortSignal): Promise<boolean> {
  const signal = AbortSignal.any([giveUp, AbortSignal.timeout(POLL_TIMEOUT_MS)]);
  try {
    const response = await fetch(`http://127.0.0.1:${port}/readyz`, { signal });
    await response.body?.cancel();
    return response.ok;
  } catch {
    return false;
  }
}
