import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';

/**
 * Ports are taken below the ranges from which Linux (32768…) and macOS (49152…) serve outgoing
 * connections: the process binds its port seconds after it was chosen, and must still find it free.
 */
const FIRST_PORT = 30_000;
const LAST_PORT = 32_767;
/** Probes before giving up; each hits a free port with a chance near one. */
const MAX_PROBES = 200;

/** A loopback TCP port on which nothing listens and that is not in `taken`. */
export async function freePort(taken: ReadonlySet<number>): Promise<number> {
  for (let probe = 0; probe < MAX_PROBES; probe++) {
    const port = randomInt(FIRST_PORT, LAST_PORT + 1);
    if (!taken.has(port) && (await isFree(port))) return port;
  }
  throw new Error(`no free port between ${FIRST_PORT} and ${LAST_PORT}`);
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    await once(server.listen(port, '127.0.0.1'), 'listening');
    return true;
  } catch {
    return false;
  } finally {
    server.close();
  }
}
