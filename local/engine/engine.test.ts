import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { request } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { MAX_RUNNING_EXECS } from './exec-store.ts';
import { containerCommand } from './fixtures/container-command.ts';
import { DockerClient, text } from './fixtures/docker-client.ts';
import { groupIsAlive } from './fixtures/group-is-alive.ts';
import { MAX_BODY_BYTES } from './http-body.ts';
import { startEngine } from './index.ts';
import type { Engine } from './index.ts';
import { processIdentity } from './process-identity.ts';

/** A group of two processes; when it has said "problem" both are there. */
const COMMAND = ['/bin/sh', '-c', 'sleep 1000 & env; echo problem >&2; wait'];
/** Deadlines only to end a hang on a machine under load, in milliseconds. */
const DEADLINE_MS = 30_000;
vi.setConfig({ testTimeout: DEADLINE_MS });

let dir: string;
let engine: Engine;
let docker: DockerClient;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'engine-'));
  engine = await startEngine({ dir, command: COMMAND, env: { BASE: 'b' } });
  docker = new DockerClient(engine.socketPath);
});

afterEach(async () => {
  await engine.close();
  await rm(dir, { recursive: true, force: true });
});

function eventually<T>(check: () => T): Promise<T> {
  return vi.waitFor(check, { timeout: DEADLINE_MS, interval: 20 });
}

/** What a container has written to stderr once it is up. */
async function started(): Promise<string> {
  return await eventually(() => {
    const log = readFileSync(join(onlyContainer().dir, 'stderr.log'), 'utf8');
    expect(log).toContain('\n');
    return log;
  });
}

function onlyContainer(): ReturnType<Engine['containers']>[number] {
  const [container] = engine.containers();
  if (!container) throw new Error('no container');
  return container;
}

describe('the engine', () => {
  test.each(['/_ping', '/v1.43/version', '/info', '/v1.47/volumes?filters=%7B%7D', '/images/json'])(
    'answers %s',
    async (path) => {
      expect((await docker.call('GET', path)).status).toBe(200);
    },
  );

  test('has its bridge on loopback, so that workerd listens there', async () => {
    const { json } = await docker.call('GET', '/networks/bridge');
    expect(json).toMatchObject({ IPAM: { Config: [{ Gateway: '127.0.0.1' }] } });
  });

  test('knows every image', async () => {
    const { status, json } = await docker.call('GET', '/images/registry%2Fagent%3A1/json');
    expect(status).toBe(200);
    expect(json).toMatchObject({
      RepoTags: ['registry/agent:1'],
      Config: { ExposedPorts: { '8080/tcp': {} } },
    });
  });

  test.each([
    ['POST', '/commit?container=x'],
    ['PUT', '/containers/x/archive?path=/'],
    ['POST', '/exec/ab/resize'],
    ['POST', '/containers/x/stop'],
    ['GET', '/nonsense'],
  ])('answers 501 to %s %s and says what is missing', async (method, path) => {
    const { status, json } = await docker.call(method, path);
    expect(status).toBe(501);
    expect((json as { message: string }).message).toContain('does not offer');
  });

  test('refuses a body over the bound, and one that is not JSON', async () => {
    const huge = 'x'.repeat(MAX_BODY_BYTES);
    expect((await docker.call('POST', '/containers/create?name=a', huge)).status).toBe(413);
    expect((await docker.call('POST', '/containers/create?name=a', [])).status).toBe(400);
  });

  test('keeps its socket to its user', () => {
    expect(statSync(dir).mode & 0o077).toBe(0);
  });

  test('refuses a folder that another engine serves, and a socket path that is too long', async () => {
    await expect(startEngine({ dir, command: COMMAND })).rejects.toThrow('another engine');
    const long = join(dir, 'x'.repeat(100));
    await expect(startEngine({ dir: long, command: COMMAND })).rejects.toThrow('100 bytes');
  });
});

describe('a container', () => {
  test('goes from created over running to removed', async () => {
    const create = { Image: 'agent:local', Env: ['A=1'] };
    expect((await docker.call('POST', '/containers/create?name=one', create)).status).toBe(201);
    expect((await docker.call('POST', '/containers/create?name=one', create)).status).toBe(409);
    expect((await docker.call('GET', '/containers/one/json')).json).toMatchObject({
      State: { Status: 'created', Running: false },
    });
    expect((await docker.call('POST', '/containers/one/start')).status).toBe(204);
    expect((await docker.call('POST', '/containers/one/start')).status).toBe(304);
    const { pid, dir: folder, ports } = onlyContainer();
    expect((await docker.call('GET', '/v1.43/containers/one/json')).json).toMatchObject({
      State: { Status: 'running', Running: true, Pid: pid },
      Config: { Image: 'agent:local' },
      NetworkSettings: { Ports: { '8080/tcp': [{ HostPort: String(ports[8080]) }] } },
    });
    expect((await docker.call('DELETE', '/containers/one')).status).toBe(409);
    expect((await docker.call('DELETE', '/containers/one?force=true')).status).toBe(204);
    expect((await docker.call('GET', '/containers/one/json')).status).toBe(404);
    expect((await docker.call('DELETE', '/containers/one?force=true')).status).toBe(404);
    expect(existsSync(folder)).toBe(false);
    await eventually(() => expect(groupIsAlive(pid as number)).toBe(false));
  });

  test('gets PATH, what was asked for and the engine variables, and nothing else of ours', async () => {
    process.env['SK_TEST_SECRET'] = 'leaks';
    await docker.run('one', { env: ['A=1', 'PORT=9'] });
    delete process.env['SK_TEST_SECRET'];
    const { env, dir: folder, ports } = onlyContainer();
    expect(env).toMatchObject({ A: '1', BASE: 'b', PORT: String(ports[8080]) });
    const printed = await eventually(() => {
      const log = readFileSync(join(folder, 'stdout.log'), 'utf8');
      expect(log).toContain('SK_DATA_DIR=');
      return log;
    });
    const shellsOwn = new Set(['PWD', 'OLDPWD', 'SHLVL', '_']);
    const names = printed
      .trim()
      .split('\n')
      .map((line) => line.split('=')[0] ?? '');
    expect(names.filter((name) => !shellsOwn.has(name)).toSorted()).toEqual(
      Object.keys(env).toSorted(),
    );
    expect(printed).toContain(`PWD=${join(folder, 'data')}`);
    expect(await started()).toBe('problem\n');
  });

  test('is listed only to those who ask with its labels', async () => {
    await docker.run('one', { labels: { owner: 'a' } });
    await docker.run('two', { labels: { owner: 'b' } });
    const filters = encodeURIComponent(JSON.stringify({ label: ['owner=b'] }));
    const { json } = await docker.call('GET', `/containers/json?all=1&filters=${filters}`);
    expect((json as { Names: string[] }[]).map(({ Names }) => Names[0])).toEqual([
      '/two-proxy',
      '/two',
    ]);
    const strange = encodeURIComponent(JSON.stringify({ since: ['x'] }));
    expect((await docker.call('GET', `/containers/json?filters=${strange}`)).status).toBe(400);
  });

  test('wait answers with headers at once and with the exit code at the end', async () => {
    const one = await docker.run('one');
    const ended = await docker.open('POST', `${one}/wait`);
    const removed = await docker.open('POST', `${one}/wait?condition=removed`);
    expect(ended.statusCode).toBe(200);
    expect((await docker.call('POST', `${one}/kill?signal=SIGTERM`)).status).toBe(204);
    expect(JSON.parse(await text(ended))).toEqual({ StatusCode: 143 });
    expect((await docker.call('POST', `${one}/kill?signal=SIGTERM`)).status).toBe(409);
    expect((await docker.call('GET', `${one}/json`)).json).toMatchObject({
      State: { Status: 'exited', ExitCode: 143 },
    });
    await docker.call('DELETE', `${one}?force=true`);
    expect(JSON.parse(await text(removed))).toEqual({ StatusCode: 143 });
  });

  test('takes its whole group along when its main process exits', async () => {
    const one = await docker.run('one');
    const pid = onlyContainer().pid as number;
    await started();
    await docker.call('POST', `${one}/kill`);
    await docker.call('POST', `${one}/wait`);
    await eventually(() => expect(groupIsAlive(pid)).toBe(false));
  });

  test('refuses an unknown signal, a bad name, an entrypoint and mounts', async () => {
    const one = await docker.run('one');
    const create = (name: string, spec: object): Promise<{ status: number }> =>
      docker.call('POST', `/containers/create?name=${name}`, { Image: 'x', ...spec });
    expect((await docker.call('POST', `${one}/kill?signal=SIGNOPE`)).status).toBe(400);
    expect((await create('..%2Fup', {})).status).toBe(400);
    expect((await create('two', { Cmd: ['ls'] })).status).toBe(501);
    expect((await create('two', { HostConfig: { Mounts: [{}] } })).status).toBe(501);
  });
});

test('a command that does not exist fails the start, and the container can be removed', async () => {
  const other = await mkdtemp(join(tmpdir(), 'engine-'));
  const broken = await startEngine({ dir: other, command: ['no-such-command'] });
  const client = new DockerClient(broken.socketPath);
  await client.call('POST', '/containers/create?name=one', { Image: 'x' });
  const { status, json } = await client.call('POST', '/containers/one/start');
  expect(status).toBe(500);
  expect((json as { message: string }).message).toContain('no-such-command');
  expect((await client.call('DELETE', '/containers/one?force=true')).status).toBe(204);
  await broken.close();
  await rm(other, { recursive: true });
});

async function sidecarPort(): Promise<number> {
  const { json } = await docker.call('GET', '/containers/one-proxy/json');
  const ports = (json as { NetworkSettings: { Ports: Record<string, { HostPort: string }[]> } })
    .NetworkSettings.Ports;
  return Number(ports['39001/tcp']?.[0]?.HostPort);
}

async function askSidecar(method: string, path: string, headers = {}, body = ''): Promise<number> {
  const call = request({ port: await sidecarPort(), method, path, headers, agent: false });
  call.end(body);
  const event = method === 'CONNECT' ? 'connect' : 'response';
  const [response] = (await once(call, event)) as [IncomingMessage];
  response.resume();
  call.destroy();
  return response.statusCode ?? 0;
}

describe('the sidecar', () => {
  test('takes updates, has a certificate file, and refuses ports on which nothing listens', async () => {
    await docker.run('one');
    expect(await askSidecar('PUT', '/egress', {}, '{"port":7}')).toBe(204);
    expect(await askSidecar('PUT', '/egress', {}, '{"port":"x"}')).toBe(400);
    expect(await askSidecar('GET', '/ca')).toBe(200);
    expect(await askSidecar('CONNECT', '127.0.0.1:8080', { 'x-dst-addr': '127.0.0.1:8080' })).toBe(
      400,
    );
    expect(await askSidecar('CONNECT', '127.0.0.1:22', { 'x-dst-addr': '127.0.0.1:22' })).toBe(400);
  });

  test('an egress request answers 502 when workerd is gone', async () => {
    await docker.run('one', { env: ['URL=http://models.internal/v1'] });
    const url = onlyContainer().env['URL'] ?? '';
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/v1$/);
    // Port 9, which the test's sidecar names, is served by nobody.
    expect((await fetch(url)).status).toBe(502);
  });

  test('a container with internet access gets no refusing proxy', async () => {
    await docker.call('POST', '/containers/create?name=one-proxy', { Image: 'none:1' });
    await docker.call('POST', '/containers/one-proxy/start');
    expect(await askSidecar('PUT', '/egress', {}, '{"internet":{"enabled":true}}')).toBe(204);
    const spec = { Image: 'x', HostConfig: { NetworkMode: 'container:one-proxy' } };
    await docker.call('POST', '/containers/create?name=one', spec);
    await docker.call('POST', '/containers/one/start');
    expect(onlyContainer().env).not.toHaveProperty('HTTP_PROXY');
  });

  test('the proxy for everything else refuses', async () => {
    await docker.run('one');
    const proxy = new URL(onlyContainer().env['HTTP_PROXY'] ?? '');
    const call = request({ port: proxy.port, path: 'http://example.com/', agent: false }).end();
    const [response] = (await once(call, 'response')) as [IncomingMessage];
    expect(response.resume().statusCode).toBe(403);
    const tunnel = request({
      port: proxy.port,
      method: 'CONNECT',
      path: 'example.com:443',
      agent: false,
    }).end();
    const [refusal] = (await once(tunnel, 'connect')) as [IncomingMessage];
    expect(refusal.statusCode).toBe(403);
  });
});

async function createExec(cmd: string[], more = {}): Promise<string> {
  await docker.run('one', { env: ['WORD=container'] });
  const body = { Cmd: cmd, AttachStdin: true, AttachStdout: true, AttachStderr: true, ...more };
  const { json } = await docker.call('POST', '/containers/one/exec', body);
  return (json as { Id: string }).Id;
}

async function addExec(more: object): Promise<number> {
  const { status } = await docker.call('POST', '/containers/one/exec', { Cmd: ['true'], ...more });
  return status;
}

describe('an exec', () => {
  test('speaks frames on an upgraded connection, and half-close is its end of input', async () => {
    const id = await createExec(['/bin/sh', '-c', 'cat; echo $WORD $MORE >&2; exit 3'], {
      Env: ['MORE=exec'],
    });
    const socket = await docker.attach(id);
    socket.end('input');
    const chunks: Buffer[] = [];
    for await (const chunk of socket) chunks.push(chunk as Buffer);
    const output = Buffer.concat(chunks);
    expect(output.toString('latin1')).toBe(
      '\x01\0\0\0\0\0\0\x05input\x02\0\0\0\0\0\0\x0fcontainer exec\n',
    );
    expect((await docker.call('GET', `/exec/${id}/json`)).json).toMatchObject({
      Running: false,
      ExitCode: 3,
    });
  });

  test('delivers all of a large output', async () => {
    const socket = await docker.attach(await createExec(['head', '-c', '5000000', '/dev/zero']));
    let bytes = 0;
    for await (const chunk of socket) bytes += (chunk as Buffer).length;
    expect(bytes).toBeGreaterThan(5_000_000);
  });

  test('runs detached', async () => {
    const id = await createExec(['/bin/sh', '-c', 'echo here > detached.txt']);
    expect((await docker.call('POST', `/exec/${id}/start`, { Detach: true })).status).toBe(200);
    const file = join(onlyContainer().dir, 'data', 'detached.txt');
    await eventually(() => expect(readFileSync(file, 'utf8')).toBe('here\n'));
    expect((await docker.call('POST', `/exec/${id}/start`, { Detach: true })).status).toBe(409);
  });

  test('ends with its container', async () => {
    const id = await createExec(['sleep', '1000']);
    await docker.call('POST', `/exec/${id}/start`, { Detach: true });
    const { Pid } = (await docker.call('GET', `/exec/${id}/json`)).json as { Pid: number };
    expect(groupIsAlive(Pid)).toBe(true);
    await docker.call('DELETE', '/containers/one?force=true');
    await eventually(() => expect(groupIsAlive(Pid)).toBe(false));
    expect((await docker.call('GET', `/exec/${id}/json`)).status).toBe(404);
  });

  test('takes along what it left running, and its connection ends', async () => {
    const socket = await docker.attach(await createExec(['/bin/sh', '-c', 'sleep 1000 & echo up']));
    const chunks: Buffer[] = [];
    for await (const chunk of socket) chunks.push(chunk as Buffer);
    expect(Buffer.concat(chunks).toString()).toContain('up');
  });

  test('is refused for a terminal, another user, and one too many', async () => {
    await createExec(['true']);
    expect(await addExec({ Tty: true })).toBe(501);
    expect(await addExec({ User: 'root' })).toBe(501);
    for (let count = 1; count < MAX_RUNNING_EXECS; count++) expect(await addExec({})).toBe(201);
    expect(await addExec({})).toBe(409);
  });
});

/** An engine in a process of its own, with two containers running; it is killed by SIGKILL. */
async function killedEngine(folder: string, command: readonly string[]): Promise<number[]> {
  const module = new URL('./index.ts', import.meta.url).href;
  const script = `
    import { startEngine } from ${JSON.stringify(module)};
    await startEngine(${JSON.stringify({ dir: folder, command })});
    console.log('ready');`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  const client = new DockerClient(join(folder, 'engine.sock'));
  const pids: number[] = [];
  for (const name of ['one', 'two']) {
    const { json } = await client.call('GET', `${await client.run(name)}/json`);
    pids.push((json as { State: { Pid: number } }).State.Pid);
  }
  child.kill('SIGKILL');
  await once(child, 'exit');
  return pids;
}

describe('the end', () => {
  test('close() ends every group and leaves neither socket nor folders; twice is fine', async () => {
    await docker.run('one');
    await docker.run('two');
    const pids = engine.containers().map(({ pid }) => pid as number);
    await Promise.all([engine.close(), engine.close()]);
    expect(readdirSync(dir)).toEqual([]);
    expect(engine.containers()).toEqual([]);
    for (const pid of pids) await eventually(() => expect(groupIsAlive(pid)).toBe(false));
  });

  test('a later engine clears what a killed one left', async () => {
    const other = await mkdtemp(join(tmpdir(), 'engine-'));
    const pids = await killedEngine(other, COMMAND);
    // This command does not watch fd 3, so the containers are still there.
    expect(pids.map(groupIsAlive)).toEqual([true, true]);

    const second = await startEngine({ dir: other, command: COMMAND });
    for (const pid of pids) await eventually(() => expect(groupIsAlive(pid)).toBe(false));
    expect(second.containers()).toEqual([]);
    await second.close();
    await rm(other, { recursive: true });
  });

  test('a process that watches file descriptor 3 ends with the engine', async () => {
    const other = await mkdtemp(join(tmpdir(), 'engine-'));
    const pids = await killedEngine(other, containerCommand);
    for (const pid of pids) await eventually(() => expect(groupIsAlive(pid)).toBe(false));
    await rm(other, { recursive: true });
  });

  test('a process has one identity, and none when it is gone', async () => {
    const child = spawn('sleep', ['1000']);
    const pid = child.pid as number;
    expect(processIdentity(pid)).toBe(processIdentity(pid));
    expect(processIdentity(pid)).not.toBe(processIdentity(process.pid));
    child.kill();
    await once(child, 'exit');
    expect(processIdentity(pid)).toBeNull();
  });
});
