import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { filesUnder, forms, type Finding } from './secrets.ts';

/** All that a system answers goes through here, and is looked through for values that must not leave. */
export interface AnswerGuard {
  port: number;
  findings: Finding[];
  /** Bytes that were looked through. */
  readonly bytes: number;
  close(): Promise<void>;
}

/** Looks for values in a stream, across its chunks; `found` is told each value once. */
function search(
  values: readonly string[],
  found: (value: string) => void,
): (chunk: Buffer) => void {
  const wanted = values.flatMap((value) => forms(value).map((form) => ({ value, form })));
  const overlap = Math.max(...wanted.map(({ form }) => form.length), 1) - 1;
  let rest = '';
  return (chunk) => {
    const text = rest + chunk.toString('latin1');
    for (const { value, form } of wanted) if (text.includes(form)) found(value);
    rest = text.slice(-overlap);
  };
}

/** Listens on loopback and passes everything on to `to`, byte by byte, watching what comes back. */
export async function guardAnswers(to: number, values: readonly string[]): Promise<AnswerGuard> {
  const findings: Finding[] = [];
  const sockets = new Set<Socket>();
  let bytes = 0;
  const server = createServer((client) => {
    const upstream = connect(to, '127.0.0.1');
    const look = search(values, (value) => findings.push({ place: 'an answer', value }));
    upstream.on('data', (chunk) => {
      bytes += chunk.byteLength;
      look(chunk);
    });
    client.pipe(upstream).pipe(client);
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(socket);
      socket.on('error', () => other.destroy());
      socket.on('close', () => {
        sockets.delete(socket);
        other.end();
      });
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    findings,
    get bytes() {
      return bytes;
    },
    async close() {
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

/** Looks for values in every file under `dir` but those whose path ends with one of `except`. */
export function findInFiles(
  dir: string,
  values: readonly string[],
  except: readonly string[],
): { findings: Finding[]; files: number } {
  const files = filesUnder(dir).filter((file) => !except.some((end) => file.endsWith(end)));
  const findings = files.flatMap((file) => {
    // A running system's own files come and go.
    const text = existsSync(file) ? readFileSync(file, 'latin1') : '';
    return values
      .filter((value) => forms(value).some((form) => text.includes(form)))
      .map((value) => ({ place: file, value }));
  });
  return { findings, files: files.length };
}
