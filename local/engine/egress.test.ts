import { once } from 'node:events';
import { request } from 'node:http';
import type { IncomingMessage, RequestListener } from 'node:http';
import { afterEach, describe, expect, test } from 'vitest';
import { Egress } from './egress.ts';
import type { EgressRequest } from './egress.ts';
import { text } from './fixtures/docker-client.ts';
import { startWorkerdDouble } from './fixtures/workerd-double.ts';
import type { WorkerdDouble } from './fixtures/workerd-double.ts';

const HOST = { hostname: 'models.internal', port: 8080 };
const open: { close(): void }[] = [];

afterEach(() => {
  for (const each of open.splice(0)) each.close();
});

async function start(
  serve: RequestListener,
  status?: number,
): Promise<{ url: string; workerd: WorkerdDouble; egress: Egress; seen: EgressRequest[] }> {
  const workerd = await startWorkerdDouble(serve, status);
  const seen: EgressRequest[] = [];
  const egress = new Egress({
    name: `container-${crypto.randomUUID()}`,
    egressPort: () => workerd.port,
    seen: (request) => seen.push(request),
    log: () => undefined,
  });
  await egress.open([HOST]);
  open.push(egress, workerd);
  return { url: egress.addresses.get('models.internal:8080') ?? '', workerd, egress, seen };
}

describe('a container’s egress', () => {
  test('names the host to workerd, and passes headers on both ways without those of the connection', async () => {
    const { url, workerd } = await start((incoming, answer) => {
      answer.setHeader('set-cookie', ['a=1', 'b=2']);
      answer.end(JSON.stringify(incoming.headers));
    });
    const headers = { 'x-mine': '1', te: 'trailers', connection: 'keep-alive, te' };
    const call = request(`${url}/x?y=1`, { headers, agent: false }).end();
    const [answer] = (await once(call, 'response')) as [IncomingMessage];
    expect(answer.headers['set-cookie']).toEqual(['a=1', 'b=2']);
    expect(JSON.parse(await text(answer))).toEqual({
      host: 'models.internal:8080',
      'x-mine': '1',
      connection: 'close',
    });
    expect(workerd.tunnels[0]).toMatchObject({
      url: '203.0.113.1:8080',
      headers: { 'x-hostname': 'models.internal', 'x-proto': 'tcp' },
    });
  });

  test.each([
    ['a known length', 'POST', { 'content-length': '4' }, 'body', { 'content-length': '4' }],
    [
      'chunks',
      'PUT',
      { 'transfer-encoding': 'chunked' },
      'body',
      { 'transfer-encoding': 'chunked' },
    ],
    [
      'a DELETE with a body',
      'DELETE',
      { 'content-length': '4' },
      'body',
      { 'content-length': '4' },
    ],
    ['no body', 'POST', { 'content-length': '0' }, '', { 'content-length': '0' }],
  ])('sends a body as it came: %s', async (_case, method, headers, body, expected) => {
    const { url } = await start(async (incoming, answer) => {
      answer.end(JSON.stringify({ headers: incoming.headers, body: await text(incoming) }));
    });
    const call = request(url, { method, headers, agent: false }).end(body);
    const [answer] = (await once(call, 'response')) as [IncomingMessage];
    expect(JSON.parse(await text(answer))).toMatchObject({ headers: expected, body });
  });

  test('a host that nobody intercepts answers 403', async () => {
    const { url } = await start(() => undefined, 202);
    expect((await fetch(url)).status).toBe(403);
  });

  test('a worker that breaks off before it answers is a 502', async () => {
    const { url } = await start((incoming) => incoming.socket.destroy());
    expect((await fetch(url)).status).toBe(502);
  });

  test('an answer that is cut off is cut off for the container too', async () => {
    const { url } = await start((incoming, answer) => {
      answer.write('part', () => incoming.socket.destroy());
    });
    await expect((await fetch(url)).text()).rejects.toThrow();
  });

  test('a container that leaves takes the request to the worker along', async () => {
    const gone = Promise.withResolvers<void>();
    const { url } = await start((_incoming, answer) => {
      answer.write('part');
      answer.on('close', () => gone.resolve());
    });
    const call = request(url, { agent: false }).end();
    await once(call, 'response');
    call.destroy();
    await gone.promise;
  });

  test('a container that leaves while it sends takes the request along too', async () => {
    const gone = Promise.withResolvers<void>();
    const arrived = Promise.withResolvers<void>();
    const { url } = await start((incoming) => {
      arrived.resolve();
      incoming.on('error', () => gone.resolve()).resume();
    });
    const call = request(url, { method: 'POST', agent: false }).on('error', () => undefined);
    call.write('part');
    await arrived.promise;
    call.destroy();
    await gone.promise;
  });

  test('cut breaks off what is under way on both sides, and not what comes after', async () => {
    const arrived = Promise.withResolvers<void>();
    const left = Promise.withResolvers<void>();
    const { url, egress, seen } = await start((incoming, answer) => {
      if (incoming.url === '/after') return answer.end('here');
      arrived.resolve();
      answer.on('close', left.resolve);
      return undefined;
    });
    const call = request(`${url}/cut?x=1`, { agent: false, headers: { 'x-mine': '1' } }).end();
    const broken = once(call, 'error');
    await arrived.promise;
    expect(egress.cut()).toBe(1);
    await Promise.all([broken, left.promise]);
    expect(egress.cut()).toBe(0);
    const after = request(`${url}/after`, { agent: false }).end();
    const [answer] = (await once(after, 'response')) as [IncomingMessage];
    expect(await text(answer)).toBe('here');
    expect(seen.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'GET /cut?x=1',
      'GET /after',
    ]);
    expect(seen[0]).toMatchObject({ hostname: 'models.internal', headers: { 'x-mine': '1' } });
  });

  test('a container that does not read slows the worker down', async () => {
    const stalled = Promise.withResolvers<number>();
    const { url } = await start((_incoming, answer) => {
      let sent = 0;
      const chunk = Buffer.alloc(64 * 1024);
      let quiet: NodeJS.Timeout;
      const push = (): void => {
        clearTimeout(quiet);
        quiet = setTimeout(() => stalled.resolve(sent), 200);
        do sent += chunk.length;
        while (answer.write(chunk) && sent < 1e9);
      };
      answer.on('drain', push);
      push();
    });
    const call = request(url, { agent: false }).end();
    const [answer] = (await once(call, 'response')) as [IncomingMessage];
    // What is under way fills the sockets' buffers, a few megabytes, and no more.
    expect(await stalled.promise).toBeLessThan(64 * 1024 * 1024);
    answer.destroy();
  });

  test('is where the last one of its name was, unless somebody else is there now', async () => {
    const make = (): Egress =>
      new Egress({ name: 'same', egressPort: () => 1, log: () => undefined });
    const [first, second, third] = [make(), make(), make()];
    open.push(first, second, third);
    const addressOf = async (egress: Egress): Promise<string | undefined> => {
      await egress.open([HOST]);
      return egress.addresses.get('models.internal:8080');
    };
    const address = await addressOf(first);
    expect(await addressOf(second), 'taken').not.toBe(address);
    first.close();
    expect(await addressOf(third)).toBe(address);
  });

  test('refuses an environment with too many hosts', async () => {
    const egress = new Egress({ name: 'one', egressPort: () => 1, log: () => undefined });
    const hosts = Array.from({ length: 17 }, (_, i) => ({ hostname: `h${i}.internal`, port: 80 }));
    await expect(egress.open(hosts)).rejects.toThrow('more than 16');
  });
});
