import { applyD1Migrations } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { ulid } from 'ulid';
import { beforeAll, describe, expect, it } from 'vitest';
import { createApiKeyBody, parseApiKey, type CreateApiKeyBody } from '../contract/api-keys.ts';
import { QUIET_MS } from './app-knocks.ts';
import { Apps, MAX_APPS, type AppsDeps } from './apps.ts';
import { dirtySince } from './activity.ts';
import { Door } from './door.ts';
import { CONNECT, SocketEnd, socketTo } from './doubles/app-sockets.ts';
import { codeOf, newTenant, NOW, type FreshAgent } from './doubles/fresh-agent.ts';
import { HOST, OPERATOR } from './doubles/join.ts';
import { allDue } from './due.ts';
import { closeEnded } from './ended-sockets.ts';
import { ADDRESS_HEADER, APP_PATH, CALLER_HEADER, type Caller } from './rpc.ts';
import { sha256Hex } from './secrets.ts';
import type { AgentDb } from './storage.ts';
import type { SupervisorClient } from './supervisor-client.ts';
import { INITIAL_WAKE, type WakeState } from './wake.ts';

beforeAll(() => applyD1Migrations(env.DB, env.TEST_MIGRATIONS));

const ADDRESS = '203.0.113.7';
const READY: WakeState = {
  ...INITIAL_WAKE,
  state: 'ready',
  generation: 3,
  tokens: { supervisor: 's', gateway: 'gateway-token' },
};

async function program(
  { rpc }: FreshAgent,
  changed: Partial<CreateApiKeyBody> = {},
): Promise<Caller & { kind: 'key' }> {
  const body = createApiKeyBody.parse({ name: 'phone', ...changed });
  const { id, key } = await rpc.createApiKey(OPERATOR, ulid(), body);
  const secretHash = sha256Hex(parseApiKey(key)?.secret ?? '');
  return { kind: 'key', keyId: id, secretHash, host: HOST };
}

/** An agent's apps over a sandbox of a test's making. */
class Stage {
  wake: WakeState = READY;
  clock = Date.now();
  /** What was asked of the rest of the agent, in order. */
  readonly asked: string[] = [];
  /** OpenClaw's ends of the sockets, in the order they were opened. */
  readonly openclaw: SocketEnd[] = [];
  /** What the sandbox does when it is driven. */
  onDrive: () => void = () => undefined;
  readonly apps: Apps;

  constructor(db: AgentDb) {
    const now = (): number => this.clock;
    const state = (): WakeState => this.wake;
    const sandbox: AppsDeps['sandbox'] = {
      get wake() {
        return state();
      },
      drive: async () => {
        this.asked.push('drive');
        this.onDrive();
        return this.wake;
      },
      touch: async () => void this.asked.push('stay'),
      supervisor: () => ({ app: async (address) => this.#dial(address) }) as SupervisorClient,
    };
    this.apps = new Apps({
      db,
      door: new Door({ db, now }),
      sandbox,
      demand: () => void this.asked.push('demand'),
      touch: () => void this.asked.push('touch'),
      now,
      waitUntil: () => undefined,
      rested: async () => undefined,
      log: () => undefined,
    });
  }

  /** An app that has come through, and has said who it is. */
  async open(caller: Caller, address = ADDRESS): Promise<SocketEnd> {
    const app = new SocketEnd(await this.apps.connect(caller, address));
    app.send(CONNECT);
    await this.openclaw.at(-1)?.frame(1);
    return app;
  }

  #dial(address: string): WebSocket {
    this.asked.push(`dial ${address}`);
    const { far, near } = socketTo();
    this.openclaw.push(far);
    return near;
  }
}

describe('the apps of OpenClaw', () => {
  it('come in with a key for chats, each to a socket of its own, from where they are', async () => {
    const tenant = await newTenant();
    const key = await program(tenant);
    await tenant.inside(async ({ db }) => {
      const stage = new Stage(db);
      await stage.open(key);
      await stage.open(key, '2001:db8::1');
      expect(stage.apps.count).toBe(2);
      expect(stage.asked.filter((asked) => asked.startsWith('dial'))).toEqual([
        `dial ${ADDRESS}`,
        'dial 2001:db8::1',
      ]);
      expect(await stage.openclaw[0]?.frame(1)).toContain('"password":"gateway-token"');
      expect(dirtySince(db), 'a device that asks is written down').not.toBeNull();
      stage.apps.closeAll(1000, 'over');
    });
  });

  it.each([null, '127.0.0.1', '::1', '127.8.8.8', '::ffff:127.0.0.1'])(
    'are never local to OpenClaw, though they come from %s',
    async (address) => {
      const tenant = await newTenant();
      const key = await program(tenant);
      await tenant.inside(async ({ db }) => {
        const stage = new Stage(db);
        await stage.apps.connect(key, address);
        expect(stage.asked).toContain('dial 192.0.2.1');
        stage.apps.closeAll(1000, 'over');
      });
    },
  );

  it('are nobody else’s: no member, operator, other key, or other host', async () => {
    const tenant = await newTenant();
    const key = await program(tenant);
    const summarizer = await program(tenant, { workloads: ['summarize'] });
    await tenant.inside(async ({ db }) => {
      const stage = new Stage(db);
      const refused = (caller: Caller) => codeOf(() => stage.apps.connect(caller, ADDRESS));
      expect(await refused(OPERATOR)).toBe('forbidden');
      expect(await refused(summarizer)).toBe('forbidden');
      expect(await refused({ ...key, secretHash: 'f'.repeat(64) })).toBe('unauthenticated');
      expect(await refused({ ...key, host: 'other.localhost' })).toBe('misdirected');
      expect(stage.asked).toEqual([]);
    });
  });

  it('are so many at a time, those that are coming counted', async () => {
    const tenant = await newTenant();
    const key = await program(tenant);
    await tenant.inside(async ({ db }) => {
      const stage = new Stage(db);
      const coming = Array.from({ length: MAX_APPS + 1 }, () =>
        codeOf(() => stage.apps.connect(key, ADDRESS)),
      );
      expect((await Promise.all(coming)).filter((code) => code !== null)).toEqual([
        'limit_reached',
      ]);
      stage.apps.closeAll(1000, 'over');
      expect(await codeOf(() => stage.apps.connect(key, ADDRESS))).toBeNull();
      stage.apps.closeAll(1000, 'over');
    });
  });
});

describe('an app that comes while the agent sleeps', () => {
  it('wakes it, and waits for it', async () => {
    const tenant = await newTenant();
    const key = await program(tenant);
    await tenant.inside(async ({ db }) => {
      const stage = new Stage(db);
      stage.wake = INITIAL_WAKE;
      stage.onDrive = () => (stage.wake = READY);
      await stage.open(key);
      expect(stage.asked).toEqual(['demand', 'drive', 'touch', `dial ${ADDRESS}`]);
      stage.apps.closeAll(1000, 'over');
    });
  });

  it('is told to come back when that takes long, and then does not ask for another wake', async () => {
    const tenant = await newTenant();
    const key = await program(tenant);
    await tenant.inside(async ({ db }) => {
      const stage = new Stage(db);
      stage.wake = INITIAL_WAKE;
      stage.onDrive = () => (stage.wake = { ...INITIAL_WAKE, state: 'booting', generation: 1 });
      expect(await codeOf(() => stage.open(key))).toBe('agent_unavailable');
      stage.onDrive = () => (stage.wake = READY);
      await stage.open(key);
      expect(stage.asked.filter((asked) => asked === 'demand')).toHaveLength(1);
      stage.apps.closeAll(1000, 'over');
    });
  });

  it('because it fell asleep under it does not wake it until it was silent for a while', async () => {
    const tenant = await newTenant();
    const key = await program(tenant);
    await tenant.inside(async ({ db }) => {
      const stage = new Stage(db);
      const app = await stage.open(key);
      stage.clock += 15 * 60_000;
      stage.wake = { ...READY, state: 'draining' };
      stage.apps.stateChanged(stage.wake);
      expect(await app.closed).toBe(1012);
      expect(await codeOf(() => stage.apps.connect(key, ADDRESS))).toBe('agent_unavailable');
      stage.wake = { ...READY, state: 'asleep' };
      stage.asked.length = 0;
      for (let n = 0; n < 20; n += 1) {
        stage.clock += 30_000;
        expect(await codeOf(() => stage.apps.connect(key, ADDRESS))).toBe('agent_unavailable');
      }
      expect(stage.asked).toEqual([]);
      stage.clock += QUIET_MS;
      stage.onDrive = () => (stage.wake = READY);
      await stage.open(key);
      expect(stage.asked).toContain('demand');
      stage.apps.closeAll(1000, 'over');
    });
  });

  it('may have lost its key by the time it is awake', async () => {
    const tenant = await newTenant();
    const key = await program(tenant);
    await tenant.inside(async ({ db, agent }) => {
      const stage = new Stage(db);
      stage.wake = INITIAL_WAKE;
      stage.onDrive = () => {
        void agent.revokeApiKey(OPERATOR, key.keyId);
        stage.wake = READY;
      };
      expect(await codeOf(() => stage.apps.connect(key, ADDRESS))).toBe('unauthenticated');
      expect(await stage.openclaw[0]?.closed).toBe(1012);
      expect(stage.apps.count).toBe(0);
    });
  });

  it('is told so where there is no sandbox to wake', async () => {
    const tenant = await newTenant();
    const key = await program(tenant);
    const headers = { upgrade: 'websocket', [CALLER_HEADER]: JSON.stringify(key) };
    const ask = () =>
      tenant.rpc.fetch(`https://agent.internal${APP_PATH}`, {
        headers: { ...headers, [ADDRESS_HEADER]: ADDRESS },
      });
    expect(await codeOf(ask)).toBe('agent_unavailable');
  });
});

describe('an app’s socket', () => {
  it('is closed with the right to be here, and another’s is not', async () => {
    const tenant = await newTenant();
    const [one, other] = [await program(tenant), await program(tenant)];
    await tenant.inside(async ({ db }) => {
      const stage = new Stage(db);
      const [lost, kept] = [await stage.open(one), await stage.open(other)];
      const close = { code: 4401, reason: 'revoked' };
      stage.apps.closeWhere(({ caller }) => (caller === one ? close : null));
      expect(await lost.closed).toBe(4401);
      expect(await stage.openclaw[0]?.closed).toBe(4401);
      kept.send('{}');
      await stage.openclaw[1]?.frame(2);
      expect(stage.apps.count).toBe(1);
      stage.apps.closeAll(4403, 'suspended');
      expect(await kept.closed).toBe(4403);
    });
  });

  it('is closed when its key expires, for which the agent sets its alarm', async () => {
    const tenant = await newTenant();
    const [key, lasting] = [await program(tenant, { expiresInS: 60 }), await program(tenant)];
    await tenant.inside(async ({ db }) => {
      const stage = new Stage(db);
      const [app, other] = [await stage.open(key), await stage.open(lasting)];
      const due = allDue(db).find(({ kind }) => kind === 'expire');
      const at = due?.at ?? 0;
      expect(Math.abs(at - stage.clock - 60_000)).toBeLessThan(5_000);
      closeEnded({ db, sockets: [stage.apps], now: at - 1 });
      expect(stage.apps.count).toBe(2);
      closeEnded({ db, sockets: [stage.apps], now: at });
      expect(await app.closed).toBe(4401);
      expect(stage.apps.count).toBe(1);
      other.close();
      await stage.openclaw[1]?.closed;
    });
  });

  it('keeps the agent awake by work only', async () => {
    const tenant = await newTenant();
    const key = await program(tenant);
    await tenant.inside(async ({ db }) => {
      const stage = new Stage(db);
      stage.clock = NOW + 10 * 365 * 86_400_000;
      const app = await stage.open(key);
      stage.asked.length = 0;
      app.send({ type: 'req', id: '2', method: 'health', params: {} });
      await stage.openclaw[0]?.frame(2);
      expect(stage.asked).toEqual([]);
      app.send({ type: 'req', id: '3', method: 'chat.send', params: {} });
      await stage.openclaw[0]?.frame(3);
      expect(stage.asked).toEqual(['touch', 'stay']);
      stage.apps.closeAll(1000, 'over');
    });
  });
});
