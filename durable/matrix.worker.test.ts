import { env, exports } from 'cloudflare:workers';
import { eq } from 'drizzle-orm';
import { beforeAll, describe, expect, it } from 'vitest';
import { clientFrame, type ClientFrame } from '../contract/frames.ts';
import { formatApiKey, parseApiKey } from '../contract/api-keys.ts';
import { apiKeys, attempts, signIns } from '../db/agent/schema.ts';
import { forgetKeys } from './api-keys.ts';
import { ChatClient } from './doubles/chat-client.ts';
import { codeOf, newTenant, type FreshAgent } from './doubles/fresh-agent.ts';
import type { EgressProps } from './egress.ts';
import { APP_PATH, CALLER_HEADER, LIVE_PATH, type Caller } from './rpc.ts';
import { newUlid } from './new-ulid.ts';
import { sha256Hex } from './secrets.ts';
import { snapshotKey } from './snapshot-index.ts';
import { TenantAgent } from './tenant-agent.ts';

const NOWHERE = '01HZZZZZZZZZZZZZZZZZZZZZZZ';
const HOST_A = 'a.localhost';
const HOST_B = 'b.localhost';

/**
 * How each method of the agent knows who asks: it is told the caller and checks them against its own
 * tables, or its callers are the edge for an operator whom Access vouched for, an invite's holder, or
 * this tenant's own egress. A method that is missing here fails the test.
 */
const METHODS: Record<string, 'caller' | 'operator' | 'invite' | 'egress'> = {
  apply: 'operator',
  inspect: 'operator',
  status: 'operator',
  wake: 'operator',
  sleep: 'operator',
  restart: 'operator',
  timeline: 'operator',
  calls: 'operator',
  logs: 'operator',
  flush: 'operator',
  poke: 'operator',
  erase: 'operator',
  drop: 'operator',
  signIn: 'invite',
  signOut: 'caller',
  me: 'caller',
  listSessions: 'caller',
  createSession: 'caller',
  renameSession: 'caller',
  deleteSession: 'caller',
  history: 'caller',
  createTurn: 'caller',
  stopTurns: 'caller',
  listInvites: 'caller',
  createInvite: 'caller',
  revokeInvite: 'caller',
  listMembers: 'caller',
  updateMember: 'caller',
  removeMember: 'caller',
  listSignIns: 'caller',
  revokeSignIn: 'caller',
  revokeOtherSignIns: 'caller',
  listApiKeys: 'caller',
  createApiKey: 'caller',
  revokeApiKey: 'caller',
  admitApi: 'caller',
  listModels: 'caller',
  listDevices: 'caller',
  approveDevice: 'caller',
  approveDevices: 'caller',
  rejectDevice: 'caller',
  removeDevice: 'caller',
  allowance: 'caller',
  listSchedules: 'caller',
  scheduleTimes: 'caller',
  readSchedule: 'caller',
  createSchedule: 'caller',
  updateSchedule: 'caller',
  deleteSchedule: 'caller',
  runSchedule: 'caller',
  scheduleRuns: 'caller',
  sandboxLogs: 'operator',
  sandboxLook: 'operator',
  sandboxProcesses: 'operator',
  ownSnapshots: 'caller',
  listSnapshots: 'operator',
  createSnapshot: 'operator',
  locateSnapshot: 'operator',
  restoreSnapshot: 'operator',
  deleteSnapshot: 'operator',
  testRoute: 'operator',
  admit: 'egress',
  retry: 'egress',
  settle: 'egress',
  settleAll: 'egress',
  allowRestore: 'egress',
  redeemTicket: 'egress',
  snapshotStored: 'egress',
};
/** What the runtime itself calls. `fetch` is for sockets, below. */
const RUNTIME = ['constructor', 'alarm', 'fetch', 'webSocketMessage', 'webSocketClose'];

const ADA = { kind: 'operator', subject: 'ada', role: 'admin' } as const;

async function join({ rpc }: FreshAgent, host: string): Promise<Caller & { kind: 'member' }> {
  const body = { role: 'owner', expiresInS: 60, hostname: host } as const;
  const { token } = await rpc.createInvite(ADA, newUlid(Date.now()), body);
  const { member, signInId } = await rpc.signIn({ invite: token, name: 'Ann', host });
  return { kind: 'member', memberId: member.id, signInId, host };
}

async function makeKey({ rpc }: FreshAgent, host: string): Promise<Caller & { kind: 'key' }> {
  const id = newUlid(Date.now());
  const body = { name: 'program', workloads: ['chat'], expiresInS: null } as const;
  const made = await rpc.createApiKey(ADA, id, { ...body, workloads: ['chat'] });
  const secret = parseApiKey(made.key)?.secret ?? '';
  expect(made.key).toBe(formatApiKey(id, secret));
  return { kind: 'key', keyId: id, secretHash: sha256Hex(secret), host };
}

let a: FreshAgent;
let b: FreshAgent;
/** Callers of whom agent A may believe nothing, by what is wrong with each. */
let strangers: Record<string, Caller>;

beforeAll(async () => {
  a = await newTenant({ hostnames: [HOST_A] });
  b = await newTenant({ hostnames: [HOST_B] });
  const [member, signedOut, expired] = [
    await join(a, HOST_A),
    await join(a, HOST_A),
    await join(a, HOST_A),
  ];
  await a.rpc.signOut(signedOut);
  const [key, revokedKey, expiredKey] = [
    await makeKey(a, HOST_A),
    await makeKey(a, HOST_A),
    await makeKey(a, HOST_A),
  ];
  await a.rpc.revokeApiKey(ADA, revokedKey.keyId);
  await a.inside(({ db }) => {
    db.update(signIns).set({ expiresAt: 1 }).where(eq(signIns.id, expired.signInId)).run();
    db.update(apiKeys).set({ expiresAt: 1 }).where(eq(apiKeys.id, expiredKey.keyId)).run();
    forgetKeys(db);
  });
  const [memberOfB, keyOfB] = [await join(b, HOST_B), await makeKey(b, HOST_B)];
  strangers = {
    'member of B': memberOfB,
    'member of B under A’s host': { ...memberOfB, host: HOST_A },
    'member of A under B’s host': { ...member, host: HOST_B },
    'member with another’s sign-in': { ...member, signInId: signedOut.signInId },
    'revoked sign-in': signedOut,
    'expired sign-in': expired,
    'key of B': keyOfB,
    'key of B under A’s host': { ...keyOfB, host: HOST_A },
    'key of A under B’s host': { ...key, host: HOST_B },
    'key with another’s secret': { ...key, secretHash: keyOfB.secretHash },
    'revoked key': revokedKey,
    'expired key': expiredKey,
  };
});

describe('a method of an agent', () => {
  it('is expected, each one there is', () => {
    const names = Object.getOwnPropertyNames(TenantAgent.prototype);
    const methods = names.filter((name) => !RUNTIME.includes(name));
    expect(Object.keys(METHODS).toSorted()).toEqual(methods.toSorted());
  });

  const told = Object.entries(METHODS).filter(([, how]) => how === 'caller');
  it.each(told.map(([name]) => name))('%s believes no stranger', async (name) => {
    const ask = (agent: FreshAgent, caller: Caller): Promise<unknown> => {
      const rpc = agent.rpc as unknown as Record<string, Method>;
      return rpc[name]!(caller, ...argumentsOf(name));
    };
    for (const [who, caller] of Object.entries(strangers)) {
      const code = await codeOf(() => ask(a, caller));
      // Signing out what is over already is no harm, and tells nothing.
      const isHarmless = name === 'signOut' && code === null;
      if (!isHarmless) expect([who, code]).toEqual([who, expect.stringMatching(REFUSED)]);
    }
  });
});

const REFUSED = /^(unauthenticated|misdirected|forbidden)$/;
type Method = (caller: Caller, ...rest: unknown[]) => Promise<unknown>;

/** Arguments of a form that gets as far as anything does. */
function argumentsOf(name: string): unknown[] {
  if (name === 'createApiKey')
    return [NOWHERE, { name: 'x', workloads: ['chat'], expiresInS: null }];
  if (name === 'admitApi')
    return [
      { callId: NOWHERE, requestBytes: 1, requestedMaxTokens: 1, model: null, workload: 'chat' },
      [],
    ];
  if (name === 'createSchedule')
    return [{ name: 'x', cron: '0 9 * * *', timeZone: 'UTC', prompt: 'x', enabled: true }];
  if (name === 'createSession') return [{ title: 'x' }];
  if (name === 'createTurn') return [NOWHERE, { id: 'message-1', text: 'x', waitMs: 0 }];
  if (name === 'history' || name === 'scheduleRuns') return [NOWHERE, { after: 0, limit: 1 }];
  if (name === 'createInvite') return [NOWHERE, { role: 'user', expiresInS: 60 }];
  if (name === 'updateSchedule' || name === 'updateMember') return [NOWHERE, { name: 'x' }];
  return [NOWHERE, 'x'];
}

describe('a frame', () => {
  /** Each frame there is, about a session of B's. */
  const FRAMES: Record<ClientFrame['type'], (sessionId: string) => ClientFrame> = {
    subscribe: (sessionId) => ({ type: 'subscribe', sessionId, after: 0 }),
    unsubscribe: (sessionId) => ({ type: 'unsubscribe', sessionId }),
    send: (sessionId) => ({ type: 'send', id: 'message-1', sessionId, text: 'hi' }),
    stop: (sessionId) => ({ type: 'stop', sessionId }),
    earlier: (sessionId) => ({ type: 'earlier', sessionId, before: 9, turns: 1 }),
  };

  it('is expected, each one there is', () => {
    const types = clientFrame.options.map((option) => option.shape.type.value);
    expect(Object.keys(FRAMES).toSorted()).toEqual(types.toSorted());
  });

  it.each(Object.entries(FRAMES))(
    '%s over A’s socket reaches no session of B',
    async (type, frame) => {
      const session = await b.rpc.createSession(await join(b, HOST_B), { title: 'Secret' });
      const client = await ChatClient.open(a.rpc, await join(a, HOST_A));
      client.send(frame(session.id));
      // What a socket does not follow it may leave: there is nothing to say.
      if (type !== 'unsubscribe') {
        expect(await client.next('error')).toMatchObject({ code: 'session_not_found' });
      }
      const { session: after } = await b.rpc.history(
        { kind: 'operator', subject: 'x', role: 'viewer' },
        session.id,
        { after: 0, limit: 9 },
      );
      expect(after).toEqual(session);
    },
  );

  it('comes from nobody whom the agent does not believe', async () => {
    for (const [who, caller] of Object.entries(strangers)) {
      const opened = await ChatClient.open(a.rpc, caller).then(
        () => 'opened',
        () => 'refused',
      );
      expect([who, opened]).toEqual([who, 'refused']);
    }
  });
});

describe('an app’s socket', () => {
  it('is opened for nobody whom the agent does not believe, and for programs only', async () => {
    const others = { operator: ADA, member: await join(a, HOST_A) };
    for (const [who, caller] of Object.entries({ ...strangers, ...others })) {
      const headers = { upgrade: 'websocket', [CALLER_HEADER]: JSON.stringify(caller) };
      const code = await codeOf(() =>
        a.rpc.fetch(`https://agent.internal${APP_PATH}`, { headers }),
      );
      expect([who, code]).toEqual([who, expect.stringMatching(REFUSED)]);
    }
  });
});

describe('a watcher’s socket', () => {
  it('is opened for operators only', async () => {
    const members = { member: await join(a, HOST_A), key: await makeKey(a, HOST_A) };
    for (const [who, caller] of Object.entries({ ...strangers, ...members, nobody: null })) {
      const headers = { upgrade: 'websocket', [CALLER_HEADER]: JSON.stringify(caller) };
      const code = await codeOf(() =>
        a.rpc.fetch(`https://agent.internal${LIVE_PATH}`, { headers }),
      );
      expect([who, code]).toEqual([who, 'forbidden']);
    }
  });
});

describe('a sandbox', () => {
  const { TenantEgress } = exports as unknown as {
    TenantEgress(options: { props: EgressProps }): Fetcher;
  };
  const egress = (): Fetcher => TenantEgress({ props: { tenantId: a.record.id, generation: 1 } });

  it('is booked as its own tenant’s, whatever it says it is', async () => {
    const body = { model: 'chat', messages: [{ role: 'user', content: 'hi' }] };
    const headers = {
      'x-sk-caller': JSON.stringify({ kind: 'operator', subject: 'x', role: 'admin' }),
      'cf-aig-metadata': JSON.stringify({ tenant: b.record.id }),
      authorization: 'Bearer x',
    };
    const response = await egress().fetch('http://models.internal/v1/chat/completions', {
      method: 'POST',
      headers,
      body: JSON.stringify(body),
    });
    await response.text();
    const countOf = ({ inside }: FreshAgent): Promise<number> =>
      inside(({ db }) => db.select().from(attempts).all().length);
    expect([(await countOf(a)) > 0, await countOf(b)]).toEqual([true, 0]);
  });

  it('reaches no snapshot of another, and nothing but models and its own state', async () => {
    await env.SNAPSHOTS.put(snapshotKey(b.record.id, NOWHERE), 'secret of B');
    const urls = [
      `http://state.internal/snapshot/${NOWHERE}`,
      `http://state.internal/snapshot/..%2F..%2F${b.record.id}%2Fsnapshots%2F${NOWHERE}`,
      `http://state.internal/${snapshotKey(b.record.id, NOWHERE)}`,
      'http://agent.internal/socket',
      `http://${HOST_B}/api/sessions`,
      'http://api.streamkinetics.com/admin/api/tenants',
    ];
    for (const url of urls) {
      const response = await egress().fetch(url);
      expect([url, response.ok]).toEqual([url, false]);
      expect(await response.text()).not.toContain('secret of B');
    }
  });
});
