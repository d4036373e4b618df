import { describe, expect, it } from 'vitest';
import { AppPipe } from './app-pipe.ts';
import { CONNECT, socketTo, type SocketEnd } from './doubles/app-sockets.ts';
import { NOW } from './doubles/fresh-agent.ts';

interface Piped {
  app: SocketEnd;
  openclaw: SocketEnd;
  pipe: AppPipe;
  clock: { now: number };
  told: string[];
}

/** An app and an OpenClaw with a pipe between them. */
function piped(): Piped {
  const app = socketTo();
  const openclaw = socketTo();
  const clock = { now: NOW };
  const told: string[] = [];
  const pipe = new AppPipe({
    app: app.near,
    openclaw: openclaw.near,
    gatewayToken: 'gateway-token',
    now: () => clock.now,
    used: () => told.push('used'),
    ended: () => told.push('ended'),
  });
  return { app: app.far, openclaw: openclaw.far, pipe, clock, told };
}

/** The same, with the app's first frame gone through. */
async function connected(): Promise<Piped> {
  const both = piped();
  both.app.send(CONNECT);
  await both.openclaw.frame(1);
  return both;
}

const request = (method: string) => ({ type: 'req', id: '2', method, params: {} });
const runEvent = { type: 'event', event: 'chat', payload: {} };

describe('a pipe between an app and OpenClaw', () => {
  it('gives OpenClaw the token that the app does not know, and the app never sees it', async () => {
    const { app, openclaw } = await connected();
    expect(JSON.parse(await openclaw.frame(1))).toMatchObject({
      params: { ...CONNECT.params, auth: { password: 'gateway-token' } },
    });
    openclaw.send('{"hello":1}');
    app.send('{"any":  "thing"}');
    expect(await app.frame(1)).toBe('{"hello":1}');
    expect(await openclaw.frame(2)).toBe('{"any":  "thing"}');
  });

  it('refuses a first frame that would come in without pairing, and tells OpenClaw nothing', async () => {
    const { app, openclaw, told } = piped();
    app.send({ ...CONNECT, params: {} });
    expect(await app.frame(1)).toContain('DEVICE_IDENTITY_REQUIRED');
    expect(await app.closed).toBe(1008);
    expect(await openclaw.closed).toBe(1008);
    expect(openclaw.frames).toEqual([]);
    expect(told).toEqual(['ended']);
  });

  it('closes both ends when either closes, once', async () => {
    const one = await connected();
    one.app.close(1000, 'bye');
    expect(await one.openclaw.closed).toBe(1000);
    const other = await connected();
    other.openclaw.close(1008, 'pairing required');
    expect(await other.app.closed).toBe(1008);
    other.pipe.close(1000, 'again');
    expect([one.told, other.told]).toEqual([['ended'], ['ended']]);
  });

  it('takes text only, and no frame above its size', async () => {
    const binary = await connected();
    binary.app.send(new ArrayBuffer(4));
    expect(await binary.app.closed).toBe(1003);
    const large = await connected();
    large.app.send('x'.repeat(4 * 1024 * 1024 + 1));
    expect(await large.app.closed).toBe(1009);
    expect(large.openclaw.frames).toHaveLength(1);
  });

  it('takes so many frames in a minute, and as many in the next', async () => {
    const { app, openclaw, clock } = await connected();
    for (let n = 2; n <= 600; n += 1) app.send('{}');
    await openclaw.frame(600);
    clock.now += 60_000;
    app.send('{}');
    await openclaw.frame(601);
    for (let n = 0; n < 600; n += 1) app.send('{}');
    expect(await app.closed).toBe(1008);
  });

  it('lets an app that asks for too much go', async () => {
    const { app, openclaw } = await connected();
    const frame = 'x'.repeat(4 * 1024 * 1024);
    for (let n = 0; n < 5; n += 1) openclaw.send(frame);
    expect(await app.closed).toBe(1009);
    expect(app.frames).toHaveLength(4);
  });

  it('counts work as use, and what an app asks for by itself not', async () => {
    const { app, openclaw, told } = await connected();
    for (const method of ['health', 'sessions.list', 'chat.history']) app.send(request(method));
    await openclaw.frame(4);
    expect(told).toEqual([]);
    app.send(request('chat.send'));
    await openclaw.frame(5);
    expect(told).toEqual(['used']);
  });

  it('counts a run that goes on as use of who began it, for half an hour, now and then', async () => {
    const { app, openclaw, told, clock } = await connected();
    openclaw.send(runEvent);
    await app.frame(1);
    expect(told, 'nobody asked for it').toEqual([]);
    app.send(request('agent'));
    await openclaw.frame(2);
    openclaw.send(runEvent);
    await app.frame(2);
    expect(told, 'told a moment ago').toEqual(['used']);
    clock.now += 60_000;
    openclaw.send({ type: 'event', event: 'tick', payload: {} });
    openclaw.send(runEvent);
    await app.frame(4);
    expect(told).toEqual(['used', 'used']);
    clock.now += 30 * 60_000;
    openclaw.send(runEvent);
    await app.frame(5);
    expect(told).toEqual(['used', 'used']);
  });
});
