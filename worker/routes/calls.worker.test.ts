import { env } from 'cloudflare:workers';
import { beforeEach, describe, expect, it } from 'vitest';
import { agentCalls, bookedCall } from '../../contract/agent-calls.ts';
import { createdTenant, type CreatedTenant } from '../../contract/api.ts';
import { errorBody } from '../../contract/errors.ts';
import { SYSTEM_TENANT_ID } from '../../contract/ids.ts';
import { makeUsageRow } from '../../db/doubles/usage-row.ts';
import { openDb } from '../../db/queries/open.ts';
import { insertUsage } from '../../db/queries/usage.ts';
import { CALLS } from '../doubles/agent.ts';
import { createWorld, type World } from '../doubles/world.ts';

const SYSTEM = 'http://localhost:8787';
const CALL = '01HRRRRRRRRRRRRRRRRRRRRRRR';
let world: World;
let tenant: CreatedTenant;

beforeEach(async () => {
  world = await createWorld();
  const body = JSON.stringify({ platform: 'streamkinetics.com', tier: 'free' });
  const made = await world.ask(`${SYSTEM}/admin/api/tenants`, { method: 'POST', body });
  tenant = createdTenant.parse(await made.json());
});

const ask = (path: string): Promise<Response> => world.ask(`${SYSTEM}/admin/api${path}`);
const codeOf = async (response: Response): Promise<string> =>
  errorBody.parse(await response.json()).error.code;

describe('the calls that an agent has not booked', () => {
  it('are asked of it, or one by its id, also of the system’s own', async () => {
    const page = await ask(`/agents/${tenant.slug}/calls`);
    expect(agentCalls.parse(await page.json())).toEqual(CALLS);
    await ask(`/agents/${tenant.id}/calls?call=${CALL}&limit=1`);
    const asked = world.agent(tenant.id).asked.filter(({ method }) => method === 'calls');
    expect(asked.map(({ args }) => args[0])).toEqual([{ limit: 50 }, { call: CALL, limit: 1 }]);
    expect((await ask(`/agents/${SYSTEM_TENANT_ID}/calls`)).status).toBe(200);
  });

  it.each(['limit=101', 'limit=0', 'call=a%2Fb', 'state=open'])('refuse %s', async (query) => {
    expect(await codeOf(await ask(`/agents/${tenant.id}/calls?${query}`))).toBe('invalid_request');
  });

  it('are not asked of an agent that is no more: that would make it anew', async () => {
    await env.DB.prepare("UPDATE tenants SET status = 'deleted' WHERE id = ?")
      .bind(tenant.id)
      .run();
    const before = world.agent(tenant.id).asked.length;
    expect(await codeOf(await ask(`/agents/${tenant.id}/calls`))).toBe('tenant_deleted');
    expect(world.agent(tenant.id).asked).toHaveLength(before);
  });
});

describe('a call in the books', () => {
  it('is all its attempts in their order, and nobody else’s', async () => {
    const own = { tenant_id: tenant.id };
    const row = (id: string, attempt: number, changed: object = own) =>
      makeUsageRow(id, { call_id: id.split('.')[0], attempt, ...changed });
    await insertUsage(openDb(env.DB), [
      row('call-a.2', 2),
      row('call-a.10', 10),
      row('call-a.1', 1),
      row('call-ab.1', 1),
      row('call-b.1', 1, { tenant_id: SYSTEM_TENANT_ID }),
    ]);
    const read = async (call: string): Promise<string[]> => {
      const answer = await ask(`/tenants/${tenant.slug}/calls/${call}`);
      return bookedCall.parse(await answer.json()).rows.map(({ id }) => id);
    };
    expect(await read('call-a')).toEqual(['call-a.1', 'call-a.2', 'call-a.10']);
    expect(await read('call-b')).toEqual([]);
    expect(await codeOf(await ask(`/tenants/${tenant.id}/calls/call%25`))).toBe('not_found');
    expect(await codeOf(await ask(`/tenants/nobody/calls/call-a`))).toBe('tenant_not_found');
  });
});
