import { env } from 'cloudflare:workers';
import { evictDurableObject } from 'cloudflare:test';
import { expect, it } from 'vitest';
import type { WakeResult } from '../contract/wakes.ts';
import { upsertAgentRow, newAgentRow } from '../db/queries/agents.ts';
import { openDb } from '../db/queries/open.ts';
import { newTenant } from './doubles/fresh-agent.ts';
import { forgetReported, keepResult, MAX_UNREPORTED, unreported } from './wake-results.ts';

const result = (generation: number, outcome: WakeResult['outcome'] = 'ready'): WakeResult => ({
  generation,
  outcome,
  at: generation * 10,
  ms: 5,
});

async function inD1(tenantId: string): Promise<unknown[]> {
  const { results } = await env.DB.prepare(
    'SELECT generation, outcome, at, ms FROM wakes WHERE tenant_id = ? ORDER BY generation, at',
  )
    .bind(tenantId)
    .all();
  return results;
}

it('an agent tells D1 what became of its generations, after an eviction too, and then forgets it', async () => {
  const { rpc, stub, inside, record } = await newTenant();
  await inside(({ db }) => {
    keepResult(db, result(1, 'failed'));
    keepResult(db, result(2));
  });
  await evictDurableObject(stub);
  await rpc.poke();
  expect(await inD1(record.id)).toEqual([result(1, 'failed'), result(2)]);
  expect(await inside(({ db }) => unreported(db))).toEqual([]);
});

it('a report that is repeated after a crash counts nothing twice', async () => {
  const { rpc, inside, record } = await newTenant();
  // D1 has it, and the agent ended before it could forget.
  for (let report = 0; report < 2; report++) {
    await inside(({ db }) => keepResult(db, result(3)));
    await rpc.poke();
  }
  expect(await inD1(record.id)).toEqual([result(3)]);
  await inside(({ db }) => keepResult(db, result(3, 'lost')));
  await rpc.poke();
  expect(await inD1(record.id)).toHaveLength(2);
});

it('a report that comes late still counts what it tells', async () => {
  const db = openDb(env.DB);
  const id = crypto.randomUUID();
  const row = { ...newAgentRow(id, 1), state: 'ready' as const };
  await upsertAgentRow(db, { ...row, updatedAt: 9 }, [result(2)]);
  await upsertAgentRow(db, { ...row, state: 'failed', updatedAt: 8 }, [result(1, 'failed')]);
  const { state } = (await env.DB.prepare('SELECT state FROM agents WHERE tenant_id = ?')
    .bind(id)
    .first<{ state: string }>()) ?? { state: null };
  expect([state, (await inD1(id)).length]).toEqual(['ready', 2]);
});

it('what came while a report was on its way is kept for the next', async () => {
  const { inside } = await newTenant();
  await inside(({ db }) => {
    keepResult(db, result(1));
    const sent = unreported(db);
    keepResult(db, result(1, 'lost'));
    forgetReported(db, sent);
    expect(unreported(db)).toEqual([result(1, 'lost')]);
  });
});

it('a D1 that is down for long costs the oldest results, and no more room', async () => {
  const { inside } = await newTenant();
  await inside(({ db }) => {
    for (let n = 1; n <= MAX_UNREPORTED + 3; n++) keepResult(db, result(n));
    expect(unreported(db)).toHaveLength(MAX_UNREPORTED);
    expect(unreported(db)[0]?.generation).toBe(4);
  });
});
