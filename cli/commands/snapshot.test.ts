import { createHash } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { SnapshotView } from '../../contract/snapshots.ts';
import { AGENT_STATUS, INSPECTION } from '../testing/answers.ts';
import { folderWith, skclaw, startSystem, type Scripted } from '../testing/harness.ts';

const ID = '01KAXYZ5F0000000000000000A';
const BYTES = Buffer.from('a packed agent');
const SHA256 = createHash('sha256').update(BYTES).digest('hex');
const SNAPSHOT: SnapshotView = {
  id: ID,
  kind: 'manual',
  state: 'stored',
  size: BYTES.byteLength,
  sha256: SHA256,
  generation: 3,
  createdAt: Date.UTC(2026, 10, 22),
  storedAt: Date.UTC(2026, 10, 22),
  current: true,
};
const TICKETED: SnapshotView = { ...SNAPSHOT, state: 'ticketed', size: null, sha256: null };
const listed = (...snapshots: SnapshotView[]): Scripted => ({ body: { snapshots } });
const refusal = (status: number, code: string): Scripted => ({
  status,
  body: { error: { code, message: 'No.', hint: 'Wait.' } },
});

async function run(argv: string, ...answers: Scripted[]) {
  const system = await startSystem(...answers);
  const cwd = await folderWith();
  const all = [...argv.split(' '), '--tenant-id', 'acme'];
  const ran = await skclaw(all, { env: { SKCLAW_URL: system.url }, cwd });
  const asked = system.received.map(({ method, url }) => `${method} ${url.slice(18)}`);
  return { ...ran, asked, bodies: system.received.map(({ body }) => body), cwd };
}

describe('snapshot list', () => {
  test('prints them as JSON or as a table', async () => {
    const ran = await run('snapshot list', listed(SNAPSHOT));
    expect(ran).toMatchObject({ code: 0, stderr: '', asked: ['GET acme/snapshots'] });
    expect(ran.data()).toEqual({ snapshots: [SNAPSHOT] });
    const { stdout } = await run('snapshot list --format table', listed(SNAPSHOT));
    expect(stdout).toMatch(/^ID +KIND +STATE +SIZE +GENERATION +CREATEDAT +CURRENT$/m);
    expect(stdout).toMatch(new RegExp(`^${ID} +manual +stored +14 +3 +2026-11-22\\S+ +yes$`, 'm'));
  });

  test('is valid JSON when there is none', async () => {
    expect((await run('snapshot list', listed())).data()).toEqual({ snapshots: [] });
  });
});

describe('snapshot create', () => {
  test('prints the one that begins', async () => {
    const ran = await run('snapshot create', { status: 202, body: TICKETED });
    expect(ran).toMatchObject({ code: 0, stderr: '', asked: ['POST acme/snapshots'] });
    expect(ran.data()).toEqual(TICKETED);
  });

  test('--wait looks until it is stored', async () => {
    const begun = { status: 202, body: TICKETED };
    const ran = await run(
      'snapshot create --wait',
      begun,
      listed(TICKETED),
      { drops: true },
      listed({ ...SNAPSHOT, id: ID.replace('A', 'B'), state: 'failed' }, SNAPSHOT),
    );
    expect(ran.code).toBe(0);
    expect(ran.data()).toEqual(SNAPSHOT);
  });

  test('--wait asks again when the agent was at work', async () => {
    const ran = await run(
      'snapshot create --wait',
      { status: 202, body: TICKETED },
      listed({ ...TICKETED, state: 'failed' }),
      { status: 202, body: TICKETED },
      listed(SNAPSHOT),
    );
    expect(ran).toMatchObject({ code: 0, stderr: 'not stored: asked again\n' });
    expect(ran.asked.filter((line) => line.startsWith('POST'))).toHaveLength(2);
  });

  test.each([
    ['failed', [{ ...TICKETED, state: 'failed' as const }]],
    ['forgotten', []],
  ])('--wait exits 3 for one that is %s again and again', async (_, seen) => {
    const system = await startSystem(({ method }) =>
      method === 'POST' ? { status: 202, body: TICKETED } : listed(...seen),
    );
    const argv = ['snapshot', 'create', '--wait', '--tenant-id', 'acme'];
    const ran = await skclaw(argv, { env: { SKCLAW_URL: system.url } });
    expect(ran.code).toBe(3);
    expect(ran.data()).toMatchObject({ id: ID, state: 'failed' });
    expect(ran.error().hint).toContain('agent logs --tenant-id acme');
    expect(system.received).toHaveLength(16);
  });

  test('exits 1 when the agent can’t be saved now', async () => {
    const ran = await run('snapshot create --wait', refusal(409, 'conflict'));
    expect(ran).toMatchObject({ code: 1, stdout: '' });
    expect(ran.error()).toMatchObject({ code: 'conflict', hint: 'Wait.' });
  });
});

describe('snapshot restore', () => {
  test.each([
    ['', { force: false }],
    [' --force', { force: true }],
  ])('goes back once it is confirmed%s', async (more, body) => {
    const argv = `snapshot restore ${ID}${more} --yes`;
    const ran = await run(argv, { status: 202, body: AGENT_STATUS });
    expect(ran).toMatchObject({ code: 0, asked: [`POST acme/snapshots/${ID}/restore`] });
    expect(ran.bodies).toEqual([body]);
    expect(ran.data()).toEqual(AGENT_STATUS);
  });

  test('--wait waits for the generation that was restored', async () => {
    const agent = (state: string, generation: number) => ({
      body: { ...INSPECTION, agent: { ...AGENT_STATUS, state, generation } },
    });
    const ran = await run(
      `snapshot restore ${ID} --wait --yes`,
      { status: 202, body: { ...AGENT_STATUS, state: 'draining' } },
      agent('restoring', 4),
      agent('ready', 4),
    );
    expect(ran).toMatchObject({ code: 0, stderr: 'draining\nrestoring\n' });
    expect(ran.data()).toMatchObject({ state: 'ready', generation: 4 });
  });
});

describe('snapshot delete', () => {
  test('deletes once it is confirmed', async () => {
    const ran = await run(`snapshot delete ${ID} --yes`, { status: 204 });
    expect(ran).toMatchObject({ code: 0, asked: [`DELETE acme/snapshots/${ID}`] });
    expect(ran.data()).toEqual({ id: ID, deleted: true });
  });

  test('exits 1 for the one that the next wake restores from', async () => {
    const ran = await run(`snapshot delete ${ID} --yes`, refusal(409, 'conflict'));
    expect(ran).toMatchObject({ code: 1, stdout: '' });
  });
});

describe('what loses something', () => {
  test.each([`snapshot restore ${ID}`, `snapshot delete ${ID}`])(
    '%s asks nobody anything until it is confirmed',
    async (argv) => {
      const ran = await run(argv, { status: 204 });
      expect(ran).toMatchObject({ code: 1, stdout: '', asked: [] });
      expect(ran.error().message).toContain(ID);
      expect(ran.error().code).toBe('confirmation_required');
    },
  );

  test.each(['snapshot restore', 'snapshot delete nope', 'snapshot download ../x'])(
    '%s names no snapshot, and asks nobody anything',
    async (argv) => {
      const ran = await run(argv, { status: 204 });
      expect(ran).toMatchObject({ code: 1, stdout: '', asked: [] });
      expect(ran.error().code).toBe('invalid_usage');
    },
  );
});

describe('snapshot download', () => {
  const NAME = `acme-${ID}.tar.zst`;
  const headers = {
    'content-type': 'application/zstd',
    'content-disposition': `attachment; filename="${NAME}"`,
    'x-sk-sha256': SHA256,
  };
  const download = `snapshot download ${ID}`;

  test('saves the bytes under the system’s name for them, for nobody else to read', async () => {
    const ran = await run(download, { body: BYTES, headers });
    expect(ran.code).toBe(0);
    expect(ran.asked).toEqual([`GET acme/snapshots/${ID}/download`]);
    const file = join(ran.cwd, NAME);
    expect(ran.data()).toEqual({ id: ID, file, size: BYTES.byteLength, sha256: SHA256 });
    expect(await readFile(file)).toEqual(BYTES);
    expect(await readdir(ran.cwd)).toEqual([NAME]);
  });

  test('saves where --output says, from the folder it runs in', async () => {
    const ran = await run(`${download} --output mine.zst`, { body: BYTES, headers });
    expect(await readFile(join(ran.cwd, 'mine.zst'))).toEqual(BYTES);
  });

  test.each([`../../${NAME}`, '/etc/passwd', '.bashrc'])(
    'takes no path from the system: %s',
    async (name) => {
      const said = { ...headers, 'content-disposition': `attachment; filename="${name}"` };
      const ran = await run(download, { body: BYTES, headers: said });
      expect(ran.code).toBe(0);
      expect(await readdir(ran.cwd)).toEqual([NAME]);
    },
  );

  test('replaces a file only with --force, and then as a whole', async () => {
    const system = await startSystem({ body: BYTES, headers });
    const cwd = await folderWith({ [NAME]: 'mine' });
    const argv = [...download.split(' '), '--tenant-id', 'acme'];
    const io = { env: { SKCLAW_URL: system.url }, cwd };
    const refused = await skclaw(argv, io);
    expect(refused).toMatchObject({ code: 1, stdout: '' });
    expect(refused.error()).toMatchObject({ code: 'conflict' });
    expect(await readFile(join(cwd, NAME), 'utf8')).toBe('mine');
    expect((await skclaw([...argv, '--force'], io)).code).toBe(0);
    expect(await readFile(join(cwd, NAME))).toEqual(BYTES);
    expect(await readdir(cwd)).toEqual([NAME]);
  });

  test.each<[string, Scripted, string]>([
    ['not what was announced', { body: Buffer.from('another'), headers }, 'upstream_failed'],
    [
      'announced by no digest',
      { body: BYTES, headers: { ...headers, 'x-sk-sha256': '' } },
      'upstream_failed',
    ],
    [
      'cut off',
      { body: BYTES, headers: { ...headers, 'content-length': '99' }, drops: true },
      'system_unreachable',
    ],
    ['never begun', { drops: true }, 'system_unreachable'],
    ['refused by a failing system', refusal(503, 'agent_unavailable'), 'agent_unavailable'],
  ])('that is %s exits 3 and leaves nothing behind', async (_, answer, code) => {
    const ran = await run(download, answer);
    expect(ran).toMatchObject({ code: 3, stdout: '' });
    expect(ran.error().code).toBe(code);
    expect(await readdir(ran.cwd)).toEqual([]);
  });

  test('that fails leaves the file that was there as it was, also with --force', async () => {
    const system = await startSystem({ body: Buffer.from('another'), headers });
    const cwd = await folderWith();
    await writeFile(join(cwd, NAME), 'mine');
    const argv = [...download.split(' '), '--tenant-id', 'acme', '--force'];
    const ran = await skclaw(argv, { env: { SKCLAW_URL: system.url }, cwd });
    expect(ran.code).toBe(3);
    expect(await readdir(cwd)).toEqual([NAME]);
    expect(await readFile(join(cwd, NAME), 'utf8')).toBe('mine');
  });

  test('of what is not there exits 1; so does a folder that is not', async () => {
    expect((await run(download, refusal(404, 'not_found'))).code).toBe(1);
    const nowhere = await run(`${download} --output no/such/folder`, { body: BYTES, headers });
    expect(nowhere.code).toBe(1);
    expect(nowhere.error().message).toContain('ENOENT');
  });
});
