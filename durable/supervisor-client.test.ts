import { describe, expect, it } from 'vitest';
import type { SandboxContainer } from './container.ts';
import { supervisorClient } from './supervisor-client.ts';

/** A container whose supervisor answers every request with this. */
function answering(response: () => Response): SandboxContainer {
  return { fetch: () => Promise.resolve(response()) } as unknown as SandboxContainer;
}

describe('the answer of a container', () => {
  it('is read up to a bound only, whether it says its length or not', async () => {
    let sent = 0;
    const endless = (): Response =>
      new Response(
        new ReadableStream({
          pull(controller) {
            sent += 16_384;
            controller.enqueue(new Uint8Array(16_384).fill(32));
          },
        }),
      );
    await expect(supervisorClient(answering(endless), 't').status()).rejects.toThrow('longer than');
    expect(sent).toBeLessThan(200_000);
    const long = (): Response =>
      new Response(' '.repeat(100_000), { headers: { 'content-length': '100000' } });
    await expect(supervisorClient(answering(long), 't').stop()).rejects.toThrow('longer than');
  });

  it('keeps the supervisor’s own code when it refuses', async () => {
    const error = { code: 'not_ready', message: 'Not yet.' };
    const refusing = (): Response => Response.json({ error }, { status: 409 });
    await expect(supervisorClient(answering(refusing), 't').stop()).rejects.toMatchObject(error);
  });
});
