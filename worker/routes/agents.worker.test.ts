import { env } from 'cloudflare:workers';
import { beforeEach, describe, expect, it } from 'vitest';
import { agentList } from '../../contract/agent-list.ts';
import { agentLogs } from '../../contract/agent-logs.ts';
import { sandboxAnswer } from '../../contract/agent-sandbox.ts';
import { agentStatus } from '../../contract/agent.ts';
import { createdTenant, type CreatedTenant } from '../../contract/api.ts';
import { AppError, errorBody } from '../../contract/errors.ts';
import { SYSTEM_TENANT_ID } from '../../contract/ids.ts';
import { timelinePage } from '../../contract/timeline.ts';
import { LOGS, LOOK, TIMELINE } from '../doubles/agent.ts';
import { createWorld, type World } from '../doubles/world.ts';
import { ATTENTION_MS } from '../sweep.ts';

const SYSTEM = 'http://localhost:8787';
let world: World;
let tenant: CreatedTenant;

async function create(tier: 'free' | 'premium'): Promise<CreatedTenant> {
  const body = JSON.stringify({ platform: 'streamkinetics.com', tier });
  const response = await world.ask(`${SYSTEM}/admin/api/tenants`, { method: 'POST', body });
  return createdTenant.parse(await response.json());
}

beforeEach(async () => {
  world = await createWorld();
  tenant = await create('free');
});

const ask = (path: string, init?: RequestInit): Promise<Response> =>
  world.ask(`${SYSTEM}/admin/api/agents${path}`, init);
const codeOf = async (response: Response): Promise<string> =>
  errorBody.parse(await response.json()).error.code;
const asked = (method: string): unknown[] =>
  world
    .agent(tenant.id)
    .asked.filter((one) => one.method === method)
    .map(({ args }) => args[0]);
const booked = async (): Promise<unknown[]> => {
  const { results } = await env.DB.prepare(
    "SELECT action, after FROM audit WHERE target = ? AND action LIKE 'agent.%' ORDER BY id",
  )
    .bind(`agent:${tenant.id}`)
    .all<{ action: string; after: string }>();
  return results.map(({ action, after }) => [action, JSON.parse(after)]);
};

describe('the agents’ list', () => {
  it('is read page by page and by what they are, and asks no agent', async () => {
    const other = await create('premium');
    const before = [...world.agents.values()].map((agent) => agent.asked.length);
    const all = agentList.parse(await (await ask('?limit=200')).json());
    expect(all.agents.map(({ tenantId }) => tenantId)).toEqual(
      expect.arrayContaining([tenant.id, other.id]),
    );
    expect(all.agents.map(({ tenantId }) => tenantId)).not.toContain(SYSTEM_TENANT_ID);
    const first = agentList.parse(await (await ask('?limit=1')).json());
    const second = agentList.parse(await (await ask(`?limit=1&cursor=${first.cursor}`)).json());
    expect(first.agents[0]?.tenantId).not.toBe(second.agents[0]?.tenantId);
    const named = agentList.parse(await (await ask(`?q=${tenant.slug}`)).json());
    expect(named.agents).toEqual([
      expect.objectContaining({ slug: tenant.slug, state: 'asleep', tier: 'free', generation: 0 }),
    ]);
    const query = `?q=${tenant.slug}&platform=streamkinetics.com`;
    for (const [more, n] of [
      ['&tier=free&state=asleep', 1],
      ['&tier=premium', 0],
      ['&state=ready', 0],
    ] as const) {
      expect(agentList.parse(await (await ask(query + more)).json()).agents).toHaveLength(n);
    }
    expect([...world.agents.values()].map((agent) => agent.asked.length)).toEqual(before);
  });

  it('is sorted as it is asked for, counts what matches, and goes on in the same order only', async () => {
    await create('premium');
    const read = async (query: string) => agentList.parse(await (await ask(query)).json());
    const all = await read('?sort=slug&limit=200');
    const names = all.agents.map(({ slug }) => slug);
    expect(names).toEqual(names.toSorted());
    expect([all.total, all.cursor]).toEqual([names.length, null]);
    const first = await read('?sort=slug&limit=1');
    expect([first.agents[0]?.slug, first.total]).toEqual([names[0], names.length]);
    const second = await read(`?sort=slug&limit=1&cursor=${first.cursor}`);
    expect([second.agents[0]?.slug, second.total]).toEqual([names[1], names.length]);
    for (const otherwise of ['', 'sort=slug&order=desc&', 'sort=tier&']) {
      const refused = await ask(`?${otherwise}cursor=${first.cursor}`);
      expect(errorBody.parse(await refused.json()).error).toMatchObject({
        code: 'invalid_request',
        message: 'cursor: is of the list sorted by slug, asc',
      });
    }
  });

  it('says which agents a person should look at, by the clock of now', async () => {
    const { agents, total } = agentList.parse(await (await ask('?attention=true')).json());
    expect([agents, total]).toEqual([[], 0]);
    const now = world.deps.now();
    await env.DB.prepare('UPDATE agents SET next_due_at = ? WHERE tenant_id = ?')
      .bind(now - ATTENTION_MS - 1, tenant.id)
      .run();
    const found = agentList.parse(await (await ask('?attention=true')).json());
    expect(found).toMatchObject({
      agents: [{ tenantId: tenant.id, attention: ['overdue'] }],
      total: 1,
    });
  });

  it.each([
    'status=gone',
    'sort=size',
    'order=up',
    'attention=maybe',
    'state=awake',
    'tier=gold',
    'limit=0',
    'limit=201',
    'cursor=x',
    `q=${'x'.repeat(101)}`,
  ])('refuses %s', async (query) => {
    expect(await codeOf(await ask(`?${query}`))).toBe('invalid_request');
  });
});

describe('a restart', () => {
  it('is booked before it is given, and answers 202 with how the agent is', async () => {
    const body = JSON.stringify({ force: true });
    const response = await ask(`/${tenant.slug}/restart`, { method: 'POST', body });
    expect(response.status).toBe(202);
    expect(agentStatus.parse(await response.json()).state).toBe('draining');
    world.agent(tenant.id).failWith = new AppError('conflict', 'A turn is open.');
    expect(await codeOf(await ask(`/${tenant.id}/restart`, { method: 'POST' }))).toBe('conflict');
    expect(asked('restart')).toEqual([{ force: true }, { force: false }]);
    expect(await booked()).toEqual([
      ['agent.restart', { force: true }],
      ['agent.restart', { force: false }],
    ]);
  });

  it('is not for the system, nor with a body of another form', async () => {
    const wrong = { method: 'POST', body: JSON.stringify({ hard: true }) };
    expect(await codeOf(await ask(`/${tenant.id}/restart`, wrong))).toBe('invalid_request');
    const system = await ask(`/${SYSTEM_TENANT_ID}/restart`, { method: 'POST' });
    expect(await codeOf(system)).toBe('invalid_request');
    expect(await booked()).toEqual([]);
  });
});

describe('a look at an agent', () => {
  it('is its timeline, from where it is asked on, and is not booked', async () => {
    const page = await ask(`/${tenant.id}/timeline?after=3&before=9&limit=5`);
    expect(timelinePage.parse(await page.json())).toEqual(TIMELINE);
    await ask(`/${tenant.slug}/timeline`);
    expect(asked('timeline')).toEqual([{ after: 3, before: 9, limit: 5 }, { limit: 50 }]);
    expect(await booked()).toEqual([]);
  });

  it('is its log, by level and text', async () => {
    const page = await ask(`/${tenant.id}/logs?after=3&generation=2&limit=5&level=warn&q=No`);
    expect(agentLogs.parse(await page.json())).toEqual(LOGS);
    await ask(`/${tenant.id}/logs`);
    expect(asked('logs')).toEqual([
      { after: 3, generation: 2, limit: 5, level: 'warn', q: 'No' },
      { limit: 100, q: '' },
    ]);
  });

  it('is what its sandbox says of itself', async () => {
    const look = await ask(`/${tenant.id}/sandbox`);
    expect(sandboxAnswer.parse(await look.json())).toMatchObject({
      sandbox: LOOK,
      release: { image: 'agent' },
    });
    world.agent(tenant.id).failWith = new AppError('agent_unavailable', 'It did not tell.');
    expect(await codeOf(await ask(`/${tenant.slug}/sandbox`))).toBe('agent_unavailable');
    expect(asked('sandboxLook')).toHaveLength(2);
    expect(await booked()).toEqual([]);
  });

  it('is had of the system’s own agent too, which nobody has told of its tenant before', async () => {
    expect((await ask('/system')).status).toBe(200);
    const methods = world.agent(SYSTEM_TENANT_ID).asked.map(({ method }) => method);
    expect(methods).toEqual(['apply', 'inspect']);
  });

  it.each([
    'timeline?after=-1',
    'timeline?before=0',
    'timeline?limit=201',
    'timeline?cursor=x',
    'logs?level=loud',
    'logs?limit=201',
    'logs?after=x',
    'logs?tail=9',
  ])('refuses %s', async (path) => {
    expect(await codeOf(await ask(`/${tenant.id}/${path}`))).toBe('invalid_request');
  });

  it('goes on over a socket, which the agent is told an operator asks for', async () => {
    const headers = { upgrade: 'websocket', origin: SYSTEM };
    const { status, webSocket } = await ask(`/${tenant.slug}/live`, { headers });
    expect(status).toBe(101);
    webSocket?.accept();
    webSocket?.close();
    const call = world.agent(tenant.id).asked.find(({ method }) => method === 'fetch');
    expect(call?.args[0]).toBe('https://agent.internal/live');
    expect(call?.args[1]).toMatchObject({
      headers: { 'x-sk-caller': expect.stringContaining('"kind":"operator"') },
    });
  });

  it('over a socket is for no page of another origin, and for a handshake only', async () => {
    const headers = { upgrade: 'websocket', origin: 'https://evil.example' };
    expect(await codeOf(await ask(`/${tenant.id}/live`, { headers }))).toBe('cross_origin');
    expect(await codeOf(await ask(`/${tenant.id}/live`))).toBe('upgrade_required');
    const nobody = '11111111-1111-4111-8111-111111111111';
    expect(await codeOf(await ask(`/${nobody}/live`))).toBe('tenant_not_found');
    expect(world.agent(tenant.id).asked.map(({ method }) => method)).not.toContain('fetch');
  });
});
