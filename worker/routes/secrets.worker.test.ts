import { env } from 'cloudflare:workers';
import { beforeEach, describe, expect, it } from 'vitest';
import { fingerprintOf, secretFingerprints } from '../../contract/worker-secrets.ts';
import { createWorld, type World } from '../doubles/world.ts';

const PATH = 'http://localhost:8787/admin/api/secrets/fingerprints';
const NONCE = 'n'.repeat(43);
let world: World;

beforeEach(async () => {
  world = await createWorld();
});

const ask = async (nonce: string) =>
  secretFingerprints.parse(await (await world.ask(`${PATH}?nonce=${nonce}`)).json()).fingerprints;

describe('the fingerprints of the Worker’s secrets', () => {
  it('are what somebody with the same secret comes to', async () => {
    const name = 'SESSION_SIGNING_KEYS';
    const fingerprints = await ask(NONCE);
    expect(fingerprints[name]).toBe(
      await fingerprintOf(env.SESSION_SIGNING_KEYS, { name, nonce: NONCE }),
    );
    expect(fingerprints[name]).not.toBe(
      await fingerprintOf(`${env.SESSION_SIGNING_KEYS}x`, { name, nonce: NONCE }),
    );
  });

  it('say nothing of the secrets, and nothing twice', async () => {
    const response = await world.ask(`${PATH}?nonce=${NONCE}`);
    const text = await response.text();
    for (const secret of [env.SESSION_SIGNING_KEYS, env.CLOUDFLARE_AI_GATEWAY_API_KEY]) {
      expect(text).not.toContain(secret);
    }
    expect(response.headers.get('cache-control')).toContain('no-store');
    const again = await ask('m'.repeat(43));
    const first = await ask(NONCE);
    for (const name of Object.keys(first)) expect(again[name]).not.toBe(first[name]);
  });

  it.each(['', 'short', 'x'.repeat(44), `${'n'.repeat(42)}%20`])(
    'want a nonce of 32 bytes, not %s',
    async (nonce) => {
      const response = await world.ask(`${PATH}?nonce=${nonce}`);
      expect(response.status).toBe(400);
      expect(await response.json()).toMatchObject({ error: { code: 'invalid_request' } });
    },
  );
});
