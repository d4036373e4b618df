import { expect, test } from 'vitest';
import { createClient } from '../client.ts';
import type { Io } from '../io.ts';
import { INSPECTION, TENANT } from '../testing/answers.ts';
import { startSystem, type Received, type Scripted } from '../testing/harness.ts';
import { smokeWake } from './smoke.ts';

const io = {
  fetch: globalThis.fetch,
  now: () => 0,
  random: () => 0,
  sleep: () => Promise.resolve(),
} as unknown as Io;

/** Wakes the agent of a new tenant; `look` answers each look at it, `removed` its deletion. */
async function wake(look: (looks: number) => Scripted, removed: Scripted = { body: TENANT }) {
  let looks = 0;
  const system = await startSystem(({ method, url }: Received): Scripted => {
    if (method === 'DELETE') return { ...removed, body: { ...TENANT, pending: false } };
    if (url.endsWith('/tenants')) return { body: { ...TENANT, invite: null, pending: false } };
    if (url.endsWith('/wake')) return { body: INSPECTION.agent };
    return look((looks += 1));
  });
  const client = createClient({ url: system.url, isLocal: true, headers: {} }, io);
  const deleted = () => system.received.filter(({ method }) => method === 'DELETE').length;
  return { said: smokeWake(io, client, TENANT.platform), deleted };
}

const inState = (state: string): Scripted => ({
  body: { ...INSPECTION, agent: { ...INSPECTION.agent, state } },
});

test('an answer that is lost on the way ends nothing', async () => {
  const { said, deleted } = await wake((looks) =>
    looks === 1 ? { drops: true } : inState('ready'),
  );
  expect(await said).toContain('was ready after');
  expect(deleted()).toBe(1);
});

test('an agent that failed is told, also when its tenant can’t be deleted', async () => {
  const { said, deleted } = await wake(() => inState('failed'), { status: 500 });
  await expect(said).rejects.toThrow('Its agent did not wake');
  expect(deleted()).toBe(1);
});
