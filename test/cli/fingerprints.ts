import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import { fingerprintOf, WORKER_SECRETS, type WorkerSecret } from '../../contract/worker-secrets.ts';

/** A system that has these secrets and answers for them as the Worker does; gives its address. */
export async function startFingerprints(secrets: Record<WorkerSecret, string>): Promise<string> {
  const server = createServer((request, response) => {
    const nonce = new URL(request.url ?? '/', 'http://localhost').searchParams.get('nonce') ?? '';
    const prints = WORKER_SECRETS.map(
      async (name) => [name, await fingerprintOf(secrets[name], { name, nonce })] as const,
    );
    void Promise.all(prints).then((entries) => {
      response.end(JSON.stringify({ fingerprints: Object.fromEntries(entries) }));
    });
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
