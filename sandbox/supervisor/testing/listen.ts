import type { Server } from 'node:http';

/** The ports tests may use; each is tried until one is free. */
const FIRST_PORT = 23_000;
const PORTS = 1_000;

/** Lets a server listen on a free loopback port of the tests' range. @returns the port. */
export async function listen(server: Server): Promise<number> {
  const offset = Math.floor(Math.random() * PORTS);
  for (let attempt = 0; attempt < PORTS; attempt++) {
    const port = FIRST_PORT + ((offset + attempt) % PORTS);
    const isFree = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false));
      server.listen(port, '127.0.0.1', () => resolve(true));
    });
    server.removeAllListeners('error');
    if (isFree) return port;
  }
  throw new Error('no free port for a test');
}
