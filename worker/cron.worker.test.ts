import { env } from 'cloudflare:workers';
import { beforeEach, expect, it } from 'vitest';
import { makeUsageRow } from '../db/doubles/usage-row.ts';
import { newAgentRow, upsertAgentRow } from '../db/queries/agents.ts';
import { openDb } from '../db/queries/open.ts';
import { insertTenant, tenantById } from '../db/queries/tenants.ts';
import { insertUsage } from '../db/queries/usage.ts';
import { DAY_MS, lastClosedDay } from '../db/queries/usage-daily.ts';
import { totalUsage } from '../db/queries/usage-report.ts';
import { runCron, sweepAgents } from './cron.ts';
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
  await runCron(world.env, world.deps);
  expect(methods(id)).toEqual([]);
});

it('cron closes the days that are over, and says so when their sums were wrong', async () => {
  const tenantId = await make('closing');
  const day = Date.UTC(2026, 10, 20);
  world.deps.now = () => Date.UTC(2026, 10, 22, 12);
  const rows = [0, 1].map((days) =>
    makeUsageRow(`closing-${days}.1`, { tenant_id: tenantId, created_at: day + days * DAY_MS + 5 }),
  );
  await insertUsage(db, rows);
  await env.DB.prepare('UPDATE usage_daily SET cost_nano = 0 WHERE day = ?').bind(day).run();
  await runCron(world.env, world.deps);
  expect((await totalUsage(db, { tenantId })).costNano).toBe(2 * 2_600);
  const differed = { level: 'warn', event: 'usage.sums_differed', day: '2026-11-20', count: 1 };
  expect(world.log.filter(({ event }) => event === 'usage.sums_differed')).toEqual([differed]);
  expect(await lastClosedDay(db)).toBe(day + DAY_MS);
});

it('cron closes days also when the sweep fails, and a day that can’t be closed later', async () => {
  const { DB } = world.env;
  const failing = (part: string): D1Database =>
    new Proxy(DB, {
      get(target, name) {
        if (name === 'prepare') {
          return (query: string) => {
            if (query.includes(part)) throw new Error('D1 is overloaded');
            return target.prepare(query);
          };
        }
        const value: unknown = Reflect.get(target, name);
        return typeof value === 'function' ? (value.bind(target) as unknown) : value;
      },
    });
  world.deps.now = () => Date.UTC(2026, 10, 25, 12);
  await runCron({ ...world.env, DB: failing('closed_days') }, world.deps);
  expect(world.log).toContainEqual(expect.objectContaining({ event: 'cron.close.failed' }));
  await expect(runCron({ ...world.env, DB: failing('agents') }, world.deps)).rejects.toThrow();
  expect(await lastClosedDay(db)).toBe(Date.UTC(2026, 10, 24));
});
