import { env } from 'cloudflare:workers';
import { beforeEach, expect, it } from 'vitest';
import { newAgentRow, upsertAgentRow } from '../db/queries/agents.ts';
import { openDb } from '../db/queries/open.ts';
import { insertTenant, tenantById } from '../db/queries/tenants.ts';
import { sweepAgents } from './cron.ts';
import { createWorld, type World } from './doubles/world.ts';
import { OVERDUE_MS } from './sweep.ts';

const db = openDb(env.DB);
let world: World;
beforeEach(async () => {
  world = await createWorld();
});

async function make(slug: string): Promise<string> {
  const id = crypto.randomUUID();
  const tenant = {
    id,
    slug,
    platform: 'streamkinetics.com',
    tier: 'free' as const,
    status: 'active' as const,
    region: null,
    internet: null,
    version: 3,
    createdAt: 1,
    updatedAt: 1,
  };
  const entry = {
    at: 1,
    actor: 'a',
    action: 'tenant.create',
    target: id,
    tenantId: id,
    before: null,
    after: null,
    requestId: 'r',
  };
  await insertTenant(db, { tenant, hostname: `${slug}.streamkinetics.com`, entry });
  return id;
}
const methods = (id: string): string[] => world.agent(id).asked.map(({ method }) => method);

it('cron brings agents their record once, and one that fails stops no other', async () => {
  const [failing, behind] = [await make('failing'), await make('behind')];
  world.agent(failing).failWith = new Error('reset');
  await sweepAgents(world.env, world.deps);
  expect(methods(behind)).toEqual(['apply']);
  expect((await tenantById(db, behind))?.appliedVersion).toBe(3);
  expect(world.log).toContainEqual(
    expect.objectContaining({ event: 'cron.apply.failed', tenantId: failing }),
  );
  await sweepAgents(world.env, world.deps);
  expect(methods(behind)).toEqual(['apply']);
  expect(methods(failing)).toEqual(['apply', 'apply']);
});

it('cron pokes agents that are overdue by five minutes, and no others', async () => {
  const [overdue, soon] = [await make('overdue'), await make('soon')];
  const base = { appliedVersion: 3, updatedAt: 5 };
  const due = (ago: number) => world.deps.now() - ago;
  await upsertAgentRow(db, {
    ...newAgentRow(overdue, 1),
    ...base,
    nextDueAt: due(OVERDUE_MS + 1_000),
  });
  await upsertAgentRow(db, { ...newAgentRow(soon, 1), ...base, nextDueAt: due(1_000) });
  await sweepAgents(world.env, world.deps);
  expect(methods(overdue)).toEqual(['poke']);
  expect(methods(soon)).toEqual([]);
});

it('cron does nothing with a wrong configuration', async () => {
  const id = await make('unconfigured');
  world = await createWorld({ env: { PLATFORMS: '' } });
  await sweepAgents(world.env, world.deps);
  expect(methods(id)).toEqual([]);
});
