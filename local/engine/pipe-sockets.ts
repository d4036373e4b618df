import type { Duplex } from 'node:stream';

/** Joins two sockets: each direction ends on its own (half-close), a broken one breaks the other. */
export function pipeSockets(a: Duplex, b: Duplex): void {
  for (const [from, to] of [
    [a, b],
    [b, a],
  ] as const) {
    from.on('error', () => from.destroy());
    from.on('close', () => {
      if (!from.readableEnded) to.destroy();
    });
    from.pipe(to);
  }
}
