import { env } from 'cloudflare:workers';
import { createLocalJWKSet, exportJWK, generateKeyPair, SignJWT } from 'jose';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { errorBody } from '../../contract/errors.ts';
import { operatorList, type OperatorEntry } from '../../contract/operators.ts';
import { createWorld, type World } from '../doubles/world.ts';

const OPERATORS = 'https://streamkinetics.com/admin/api/operators';
const AUDIENCE = 'a'.repeat(64);
const production = {
  DEV_MODE: 'false',
  CF_AI_GATEWAY_ACCOUNT_ID: '0'.repeat(32),
  CF_ACCESS_TEAM_DOMAIN: 'team',
  CF_ACCESS_AUD: AUDIENCE,
  AI_GATEWAY_BASE_URL: undefined,
};

let pair: Awaited<ReturnType<typeof generateKeyPair>>;
let world: World;

beforeAll(async () => {
  pair = await generateKeyPair('RS256', { extractable: true });
});

async function begin(admins: string): Promise<void> {
  const keys = createLocalJWKSet({ keys: [{ ...(await exportJWK(pair.publicKey)), kid: 'k' }] });
  world = await createWorld({ env: { ...production, ACCESS_ADMINS: admins }, keys });
  await env.DB.exec('DELETE FROM operators');
  await env.DB.exec('DELETE FROM audit');
}
beforeEach(() => begin('root@example.com'));

/** Asks as somebody whom Access vouches for: a person, or a service token without an @. */
async function askAs(subject: string, method = 'GET', path = '', body?: object): Promise<Response> {
  const assertion = await new SignJWT(
    subject.includes('@') ? { email: subject } : { common_name: subject },
  )
    .setProtectedHeader({ alg: 'RS256', kid: 'k' })
    .setIssuer('https://team.cloudflareaccess.com')
    .setAudience(AUDIENCE)
    .setExpirationTime('1m')
    .sign(pair.privateKey);
  return world.ask(OPERATORS + path, {
    method,
    headers: { 'cf-access-jwt-assertion': assertion },
    ...(body && { body: JSON.stringify(body) }),
  });
}
const add = (subject: string, role: string, by = 'root@example.com'): Promise<Response> =>
  askAs(by, 'POST', '', { kind: subject.includes('@') ? 'person' : 'service', subject, role });
const codeOf = async (response: Response): Promise<string> =>
  errorBody.parse(await response.json()).error.code;
async function list(by = 'root@example.com'): Promise<OperatorEntry[]> {
  return operatorList.parse(await (await askAs(by)).json()).operators;
}
async function audits(): Promise<Record<string, unknown>[]> {
  const { results } = await env.DB.prepare(
    'SELECT actor, action, target, before, after FROM audit ORDER BY id',
  ).all();
  return results;
}

describe('operators', () => {
  it('are added, get another role and go, each at the next request and with an audit entry', async () => {
    expect(await codeOf(await askAs('ada@example.com'))).toBe('forbidden');
    expect((await add('Ada@Example.com ', 'viewer')).status).toBe(201);
    expect((await askAs('ada@example.com')).status).toBe(200);
    expect(await codeOf(await add('eve@example.com', 'admin', 'ada@example.com'))).toBe(
      'forbidden',
    );
    const path = `/${encodeURIComponent('Ada@example.com')}`;
    const changed = await askAs('root@example.com', 'PATCH', path, { role: 'admin' });
    expect(await changed.json()).toMatchObject({ subject: 'ada@example.com', role: 'admin' });
    expect((await add('ci.access', 'maintainer', 'ada@example.com')).status).toBe(201);
    expect((await askAs('ci.access')).status).toBe(200);
    expect((await askAs('root@example.com', 'DELETE', path)).status).toBe(204);
    expect(await codeOf(await askAs('ada@example.com'))).toBe('forbidden');
    const target = 'operator:ada@example.com';
    const person = (role: string): string => JSON.stringify({ kind: 'person', role });
    expect(await audits()).toEqual([
      {
        actor: 'root@example.com',
        action: 'operator.add',
        target,
        before: null,
        after: person('viewer'),
      },
      {
        actor: 'root@example.com',
        action: 'operator.change',
        target,
        before: person('viewer'),
        after: person('admin'),
      },
      {
        actor: 'ada@example.com',
        action: 'operator.add',
        target: 'operator:ci.access',
        before: null,
        after: JSON.stringify({ kind: 'service', role: 'maintainer' }),
      },
      {
        actor: 'root@example.com',
        action: 'operator.remove',
        target,
        before: person('admin'),
        after: null,
      },
    ]);
  });

  it('are listed with where they come from', async () => {
    await begin('Root@Example.com, ci.access');
    await add('ada@example.com', 'viewer');
    expect(await list('ada@example.com')).toMatchObject([
      { subject: 'root@example.com', kind: 'person', role: 'admin', source: 'config' },
      { subject: 'ci.access', kind: 'service', role: 'admin', source: 'config', createdBy: null },
      {
        subject: 'ada@example.com',
        role: 'viewer',
        source: 'stored',
        createdBy: 'root@example.com',
      },
    ]);
  });

  it('of the configuration cannot be changed here', async () => {
    const path = '/root%40example.com';
    expect(await codeOf(await add('root@example.com', 'viewer'))).toBe('conflict');
    expect(await codeOf(await askAs('root@example.com', 'DELETE', path))).toBe('conflict');
    const demoted = await askAs('root@example.com', 'PATCH', path, { role: 'viewer' });
    expect(errorBody.parse(await demoted.json()).error).toMatchObject({
      code: 'conflict',
      hint: expect.stringContaining('ACCESS_ADMINS'),
    });
    expect(await audits()).toEqual([]);
  });

  it('are there once, whoever adds them first', async () => {
    const twice = await Promise.all([
      add('ada@example.com', 'viewer'),
      add('ada@example.com', 'admin'),
    ]);
    expect(twice.map(({ status }) => status).toSorted()).toEqual([201, 409]);
    expect(await audits()).toHaveLength(1);
    expect(await codeOf(await askAs('root@example.com', 'DELETE', '/nobody%40x.example'))).toBe(
      'not_found',
    );
  });

  it.each([
    { kind: 'person', subject: 'ci.access', role: 'viewer' },
    { kind: 'service', subject: 'ada@example.com', role: 'viewer' },
    { kind: 'person', subject: 'ada@example.com', role: 'owner' },
    { kind: 'robot', subject: 'ada@example.com', role: 'viewer' },
    { kind: 'service', subject: 'a b', role: 'viewer' },
    { subject: 'ada@example.com', role: 'viewer' },
  ])('are refused when they make no sense: %j', async (body) => {
    const response = await askAs('root@example.com', 'POST', '', body);
    expect(await codeOf(response)).toBe('invalid_request');
  });
});

describe('the last admin', () => {
  const ADA = 'ada@example.com';
  const BOB = 'bob@example.com';
  const row = env.DB.prepare("INSERT INTO operators VALUES (?, 'person', 'admin', 'x', 1)");
  beforeEach(async () => {
    await begin('');
    await row.bind(ADA).run();
  });

  it('can neither leave nor give the role up', async () => {
    await add(BOB, 'maintainer', ADA);
    const demoted = await askAs(ADA, 'PATCH', `/${ADA}`, { role: 'viewer' });
    expect(errorBody.parse(await demoted.json()).error).toMatchObject({
      code: 'conflict',
      message: expect.stringContaining('last admin'),
    });
    expect(await codeOf(await askAs(ADA, 'DELETE', `/${ADA}`))).toBe('conflict');
    expect(await list(ADA)).toMatchObject([{ role: 'admin' }, { role: 'maintainer' }]);
    expect(await audits()).toHaveLength(1);
    await askAs(ADA, 'PATCH', `/${BOB}`, { role: 'admin' });
    expect((await askAs(ADA, 'DELETE', `/${ADA}`)).status).toBe(204);
  });

  it('is left when several admins remove each other at once', async () => {
    await row.bind(BOB).run();
    const responses = await Promise.all([
      askAs(ADA, 'DELETE', `/${BOB}`),
      askAs(BOB, 'PATCH', `/${ADA}`, { role: 'viewer' }),
      askAs(ADA, 'DELETE', `/${ADA}`),
    ]);
    expect(responses.filter(({ status }) => status < 300)).toHaveLength(1);
    const { results } = await env.DB.prepare("SELECT 1 FROM operators WHERE role = 'admin'").all();
    expect(results).toHaveLength(1);
  });

  it('may go where the configuration names another', async () => {
    world.env.ACCESS_ADMINS = 'root@example.com';
    expect((await askAs(ADA, 'DELETE', `/${ADA}`)).status).toBe(204);
  });
});
