import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { TENANT } from './testing/answers.ts';
import { skclaw } from './testing/harness.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
/** The PATH of a shell outside npm, where `node` is the machine's own and may be version 20. */
const systemPath = (process.env['PATH'] ?? '')
  .split(delimiter)
  .filter((folder) => !folder.includes('node_modules'))
  .join(delimiter);

interface Exited {
  code: number;
  stdout: string;
  stderr: string;
}

function exec(file: string, args: string[], env: Record<string, string> = {}): Promise<Exited> {
  const options = { env: { PATH: systemPath, ...env }, cwd: root };
  return new Promise((resolve) => {
    execFile(file, args, options, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr });
    });
  });
}

const hasNode = (await exec('/usr/bin/env', ['node', '--version'])).code === 0;

describe.runIf(hasNode)('the bundle on the machine’s own Node', () => {
  let folder = '';
  let bundle = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'skclaw-bundle-'));
    bundle = join(folder, 'skclaw.mjs');
    const built = await exec('/usr/bin/env', [
      'node',
      'scripts/build-cli.mjs',
      '--outfile',
      bundle,
    ]);
    expect(built).toEqual({ code: 0, stdout: '', stderr: '' });
  });
  afterAll(() => rm(folder, { recursive: true }));

  test('is one executable file that needs no installed package', async () => {
    const source = await readFile(bundle, 'utf8');
    expect(source.startsWith('#!/usr/bin/env node\n')).toBe(true);
    const imports = [...source.matchAll(/\bfrom\s*"([^"]+)"/g)].map(([, from]) => from);
    expect(imports.filter((from) => !from?.startsWith('node:'))).toEqual([]);
  });

  test('shows its help', async () => {
    const ran = await exec(bundle, ['--help']);
    expect(ran).toEqual({ code: 0, stdout: (await skclaw(['--help'])).stdout, stderr: '' });
  });

  test('says what is wrong in the same words as the source', async () => {
    const argv = ['tenant', 'list', '--limit', '0', '--query', 'x'.repeat(300)];
    const ran = await exec(bundle, argv);
    expect(ran).toMatchObject({ code: 1, stdout: '' });
    expect(ran.stderr).toBe((await skclaw(argv)).stderr);
  });

  test.each([
    ['stdout', ['env', 'validate', '--env', 'production'], 1],
    ['stderr', ['waf', 'plan', '--env', 'local'], 1],
    ['stderr', ['--help'], 0],
  ] as const)('nobody reads %s: %j ends with %i', async (name, argv, code) => {
    const child = spawn(bundle, [...argv], { env: { PATH: systemPath }, cwd: folder });
    child[name].destroy();
    child.stdout.resume();
    child.stderr.resume();
    const [ended] = (await once(child, 'close')) as [number | null];
    expect(ended).toBe(code);
  });

  test('what was begun ends although nobody reads of its progress', async () => {
    const made = { ...TENANT, pending: true };
    const server = createServer((_, response) => response.end(JSON.stringify(made)));
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    onTestFinished(() => void server.close());
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const env = { PATH: systemPath, SKCLAW_URL: url };
    const child = spawn(bundle, ['tenant', 'suspend', 'acme'], { env, cwd: folder });
    child.stderr.destroy();
    let stdout = '';
    child.stdout.on('data', (chunk) => (stdout += String(chunk)));
    expect(await once(child, 'close')).toEqual([0, null]);
    expect(JSON.parse(stdout)).toMatchObject({ id: TENANT.id });
  });

  test('asks a system and leaves as soon as it has the answer', async () => {
    const server = createServer((_, response) => response.end(JSON.stringify(TENANT)));
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    onTestFinished(() => void server.close());
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const ran = await exec(bundle, ['tenant', 'get', 'acme'], { SKCLAW_URL: url });
    expect(ran).toMatchObject({ code: 0, stderr: '' });
    expect(JSON.parse(ran.stdout)).toEqual(TENANT);
  });

  test('is quiet when the reader of its pipe leaves', async () => {
    const ran = await exec('/bin/sh', ['-c', `"$0" --help | head -n 1`, bundle]);
    expect(ran).toMatchObject({ code: 0, stderr: '' });
  });
});
