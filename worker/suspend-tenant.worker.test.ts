import { env } from 'cloudflare:workers';
import { beforeEach, expect, it } from 'vitest';
import { createdTenant, updatedTenant, type CreatedTenant } from '../contract/api.ts';
import { errorBody } from '../contract/errors.ts';
import { SYSTEM_TENANT_ID } from '../contract/ids.ts';
import { sweepAgents } from './cron.ts';
import { createWorld, type World } from './doubles/world.ts';

const TENANTS = 'http://localhost:8787/admin/api/tenants';
let world: World;
let tenant: CreatedTenant;

beforeEach(async () => {
  world = await createWorld();
  const body = JSON.stringify({ platform: 'streamkinetics.com', tier: 'free' });
  tenant = createdTenant.parse(await (await world.ask(TENANTS, { method: 'POST', body })).json());
});

const order = (what: string, body: object = {}, id = tenant.id): Promise<Response> =>
  world.ask(`${TENANTS}/${id}/${what}`, { method: 'POST', body: JSON.stringify(body) });

const codeOf = async (response: Response): Promise<string> =>
  errorBody.parse(await response.json()).error.code;

it('suspending tells the agent, and says in the audit what was before, what is and why', async () => {
  const response = await order('suspend', { reason: 'unpaid' });
  expect(response.status).toBe(200);
  const view = updatedTenant.parse(await response.json());
  expect(view).toMatchObject({
    status: 'suspended',
    version: 2,
    appliedVersion: 2,
    pending: false,
  });
  expect(world.agent(tenant.id).record).toMatchObject({ status: 'suspended', version: 2 });
  const row = await env.DB.prepare('SELECT * FROM audit WHERE action = ? AND tenant_id = ?')
    .bind('tenant.suspend', tenant.id)
    .first<{ before: string; after: string }>();
  expect(JSON.parse(row?.before ?? '')).toEqual({ status: 'active', version: 1 });
  expect(JSON.parse(row?.after ?? '')).toEqual({
    status: 'suspended',
    version: 2,
    reason: 'unpaid',
  });
});

it('suspending twice and resuming twice change nothing the second time', async () => {
  await order('suspend');
  expect(await (await order('suspend')).json()).toMatchObject({ status: 'suspended', version: 2 });
  expect(await (await order('resume')).json()).toMatchObject({ status: 'active', version: 3 });
  expect(await (await order('resume')).json()).toMatchObject({ status: 'active', version: 3 });
});

it('an agent that can’t be told is told by cron', async () => {
  const agent = world.agent(tenant.id);
  agent.failWith = new Error('reset');
  const response = await order('suspend');
  expect(response.status).toBe(202);
  expect(await response.json()).toMatchObject({ status: 'suspended', pending: true });
  agent.failWith = null;
  expect(agent.record?.status).toBe('active');
  await sweepAgents(world.env, world.deps);
  expect(agent.record?.status).toBe('suspended');
});

it('the system tenant is neither suspended nor resumed nor deleted', async () => {
  for (const what of ['suspend', 'resume']) {
    expect(await codeOf(await order(what, {}, SYSTEM_TENANT_ID))).toBe('invalid_request');
  }
  const url = `${TENANTS}/${SYSTEM_TENANT_ID}`;
  const deleted = await world.ask(url, { method: 'DELETE', body: '{"slug":"system"}' });
  expect(await codeOf(deleted)).toBe('invalid_request');
});
