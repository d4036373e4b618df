import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { containerCommand } from './fixtures/container-command.ts';
import { startEngine } from './index.ts';
import type { ContainerInfo, Engine } from './index.ts';

/** The part of Miniflare's API used here; wrangler brings the package along. */
interface MiniflareModule {
  Miniflare: new (options: unknown) => {
    ready: Promise<URL>;
    dispose(): Promise<void>;
  };
  convertV4MiniflareOptions(options: unknown): unknown;
}

/** Deadlines only to end a hang on a machine under load, in milliseconds. */
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });
const UPLOAD_BYTES = 20 * 1024 * 1024;
const require = createRequire(import.meta.url);
const { Miniflare, convertV4MiniflareOptions } = createRequire(require.resolve('wrangler'))(
  'miniflare',
) as MiniflareModule;

let dir: string;
let engine: Engine;
let miniflare: InstanceType<MiniflareModule['Miniflare']>;
let origin: URL;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'engine-'));
  engine = await startEngine({ dir, command: containerCommand });
  const bundle = await build({
    entryPoints: [fileURLToPath(new URL('./fixtures/worker.ts', import.meta.url))],
    bundle: true,
    write: false,
    format: 'esm',
    target: 'es2024',
    external: ['cloudflare:workers'],
  });
  miniflare = new Miniflare(
    convertV4MiniflareOptions({
      name: 'worker',
      modules: [{ type: 'ESModule', path: 'worker.mjs', contents: bundle.outputFiles[0]?.text }],
      compatibilityDate: '2026-11-01',
      compatibilityFlags: ['nodejs_compat'],
      cf: false,
      durableObjects: {
        TENANT: {
          className: 'TenantObject',
          useSQLite: true,
          container: { images: [{ name: 'agent', image: 'agent:local' }] },
        },
      },
      containerEngine: {
        localDocker: {
          socketPath: engine.wranglerEnv['WRANGLER_DOCKER_HOST'],
          containerEgressInterceptorImage: 'none:1',
        },
      },
    }),
  );
  origin = await miniflare.ready;
});

afterAll(async () => {
  await miniflare?.dispose();
  await engine?.close();
  await rm(dir, { recursive: true, force: true });
});

async function ask(path: string): Promise<{ status: number; text: string }> {
  const response = await fetch(new URL(path, origin));
  return { status: response.status, text: await response.text() };
}

function containerOf(tenant: string): ContainerInfo | undefined {
  return engine.containers().find(({ env }) => env['TENANT'] === tenant);
}

describe('a Durable Object in real workerd', () => {
  test('starts its container, reaches its port, and removes the folder with destroy', async () => {
    expect(await ask('/alice/start')).toEqual({ status: 200, text: 'started' });
    const env = JSON.parse((await ask('/alice/port/env')).text) as Record<string, string>;
    expect(env).toMatchObject({ TENANT: 'alice', SK_ENGINE_FD: '3', PATH: process.env['PATH'] });

    await ask('/alice/port/write?text=hello');
    const folder = containerOf('alice')?.dir ?? '';
    expect(existsSync(join(folder, 'data', 'note.txt'))).toBe(true);
    expect((await ask('/alice/destroy')).text).toBe('false');
    expect(existsSync(folder)).toBe(false);
    expect(containerOf('alice')).toBeUndefined();
  });

  test('intercepts the calls of two containers at once, each with its own props', async () => {
    await Promise.all([ask('/bob/start'), ask('/carol/start')]);
    const [bob, carol] = await Promise.all([ask('/bob/port/model'), ask('/carol/port/model')]);
    expect(JSON.parse(bob.text)).toEqual({
      tenant: 'bob',
      host: 'models.internal',
      path: '/v1/chat',
    });
    expect(JSON.parse(carol.text)).toMatchObject({ tenant: 'carol' });
    expect(containerOf('bob')?.env['MODELS_URL']).not.toBe(containerOf('carol')?.env['MODELS_URL']);
  });

  test('a host that this object does not intercept answers 403', async () => {
    await ask('/dave/start?closed');
    expect((await ask('/dave/port/model')).status).toBe(403);
  });

  test('streams both ways chunk by chunk through the egress', async () => {
    await ask('/erin/start');
    expect(await ask('/erin/port/ping-pong?rounds=5')).toEqual({ status: 200, text: '5' });
  });

  test('streams a response of the container chunk by chunk', async () => {
    await ask('/frank/start');
    expect(JSON.parse((await ask('/frank/stream')).text)).toEqual(['first', 'second']);
  });

  test('a PUT of 20 MB arrives whole and with its length', async () => {
    await ask('/grace/start');
    const counted = JSON.parse(
      (await ask(`/grace/port/upload?to=count&bytes=${UPLOAD_BYTES}`)).text,
    ) as object;
    expect(counted).toEqual({ bytes: UPLOAD_BYTES, length: String(UPLOAD_BYTES) });
  });

  test('a refusal that does not read a small body reaches the container', async () => {
    await ask('/mia/start');
    expect(await ask('/mia/port/upload?to=refuse&bytes=20000')).toEqual({
      status: 413,
      text: 'too large',
    });
  });

  test.each([
    ['0', 0],
    ['7', 7],
    ['kill', 137],
  ])('monitor() sees the exit of a container (%s) as %d', async (how, code) => {
    await ask(`/henry-${how}/start`);
    expect(JSON.parse((await ask(`/henry-${how}/exit?code=${how}`)).text)).toBe(code);
  });

  test('a container starts again after it exited', async () => {
    await ask('/ida/start');
    await ask('/ida/exit?code=7');
    expect((await ask('/ida/start')).text).toBe('started');
  });

  test('a WebSocket reaches the container', async () => {
    await ask('/jack/start');
    const url = new URL('/jack/port/socket', origin);
    url.protocol = 'ws:';
    const socket = new WebSocket(url);
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    socket.addEventListener('open', () => socket.send('hello'));
    socket.addEventListener('message', (event) => resolve(String(event.data)));
    socket.addEventListener('error', () => reject(new Error('the socket failed')));
    expect(await promise).toBe('echo hello');
    socket.close();
  });

  test('exec has input, both outputs, environment and exit code', async () => {
    await ask('/kate/start');
    expect(JSON.parse((await ask('/kate/exec')).text)).toEqual({
      stdout: 'from stdin',
      stderr: 'from env\n',
      exitCode: 3,
    });
  });

  test('kill() ends an exec', async () => {
    await ask('/leo/start');
    expect(JSON.parse((await ask('/leo/exec-kill')).text)).toBe(143);
  });
});
