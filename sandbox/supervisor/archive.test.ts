import { createWriteStream } from 'node:fs';
import {
  chmod,
  mkdir,
  readFile,
  readdir,
  readlink,
  rename,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createZstdCompress, zstdCompressSync } from 'node:zlib';
import { type Pack, pack as tarPack } from 'tar-stream';
import { describe, expect, it, onTestFinished } from 'vitest';
import { packTree } from './pack.ts';
import { scratchFolder } from './testing/scratch.ts';
import { sha256 } from './testing/fake-state.ts';
import { listTree } from './tree.ts';
import { unpack } from './unpack.ts';

const noLimit = { maxBytes: 1e9, signal: new AbortController().signal };

async function packFolder(root: string, file: string, maxBytes = 1e9) {
  const entries = await listTree(root);
  return packTree({ root, entries, copies: new Map(), file, ...noLimit, maxBytes });
}

async function archiveOf(file: string, fill: (archive: Pack) => void): Promise<void> {
  const archive = tarPack();
  fill(archive);
  archive.finalize();
  await pipeline(archive, createZstdCompress(), createWriteStream(file));
}

async function emptyFolder(): Promise<{ folder: string; file: string; target: string }> {
  const folder = await scratchFolder();
  await mkdir(join(folder, 'target'));
  return { folder, file: join(folder, 'a.tar.zst'), target: join(folder, 'target') };
}

describe('a packed tree', () => {
  it('comes back as it was: content, modes, empty folders, links, long and foreign names', async () => {
    const { folder, file, target } = await emptyFolder();
    const root = join(folder, 'root');
    const long = `${'d'.repeat(120)}/${'f'.repeat(120)}.txt`;
    const big = Buffer.alloc(3_000_001, 'abc');
    await mkdir(join(root, 'd'.repeat(120)), { recursive: true });
    await mkdir(join(root, 'empty'));
    await writeFile(join(root, long), 'long');
    await writeFile(join(root, 'größe 大.bin'), big);
    await writeFile(join(root, 'nothing'), '');
    await chmod(join(root, 'größe 大.bin'), 0o750);
    await symlink('größe 大.bin', join(root, 'link'));
    const packed = await packFolder(root, file);
    expect(packed).toEqual({ size: (await stat(file)).size, sha256: sha256(await readFile(file)) });

    await unpack(file, target);
    expect((await readdir(target, { recursive: true })).toSorted()).toEqual(
      (await readdir(root, { recursive: true })).toSorted(),
    );
    expect(await readFile(join(target, long), 'utf8')).toBe('long');
    expect((await readFile(join(target, 'größe 大.bin'))).equals(big)).toBe(true);
    expect((await stat(join(target, 'größe 大.bin'))).mode & 0o777).toBe(0o750);
    expect(await readlink(join(target, 'link'))).toBe('größe 大.bin');
  });

  it('leaves out sockets, caches, temporary files and links that leave, but not a workspace tmp', async () => {
    const root = await scratchFolder();
    for (const dir of [
      'openclaw/tmp/x',
      'openclaw/cache',
      'openclaw/logs',
      'openclaw/workspace/tmp',
      'home/.cache',
    ])
      await mkdir(join(root, dir), { recursive: true });
    await symlink('/etc/passwd', join(root, 'absolute'));
    await symlink('../../outside', join(root, 'home/upwards'));
    const server = createServer().listen(join(root, 'socket'));
    onTestFinished(() => void server.close());
    await new Promise((resolve) => server.once('listening', resolve));
    expect((await listTree(root)).map(({ name }) => name)).toEqual([
      'home',
      'openclaw',
      'openclaw/workspace',
      'openclaw/workspace/tmp',
    ]);
  });

  it('is given up as soon as it passes its limit', async () => {
    const { folder, file } = await emptyFolder();
    const root = join(folder, 'root');
    await mkdir(root);
    await writeFile(join(root, 'noise'), crypto.getRandomValues(new Uint8Array(60_000)));
    await expect(packFolder(root, file, 50_000)).rejects.toMatchObject({
      code: 'snapshot_too_large',
    });
  });

  it('never holds what a folder swapped for a link points to', async () => {
    const { folder, file, target } = await emptyFolder();
    const [root, outside] = [join(folder, 'root'), join(folder, 'outside')];
    await mkdir(join(root, 'inner'), { recursive: true });
    await mkdir(outside);
    await writeFile(join(root, 'inner/key'), 'mine');
    await writeFile(join(outside, 'key'), 'of another');
    const entries = await listTree(root);
    await rename(join(root, 'inner'), join(folder, 'aside'));
    await symlink(outside, join(root, 'inner'));
    await packTree({ root, entries, copies: new Map(), file, ...noLimit });
    await unpack(file, target);
    expect(await readdir(join(target, 'inner'))).toEqual([]);
  });
});

/** A header that promises more than any snapshot holds; the bytes themselves are not needed. */
function bombHeader(): Buffer {
  const header = Buffer.alloc(512);
  header.write('bomb\0', 0);
  header.write('0000644\0', 100);
  header.write(`${(5 * 1024 ** 3).toString(8)}\0`, 124);
  header.write('0', 156);
  header.write('ustar\x0000', 257, 'latin1');
  header.write('        ', 148);
  const sum = header.reduce((total: number, byte: number) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return header;
}

describe('unpack', () => {
  it.each<{ what: string; says: RegExp; fill: (archive: Pack) => void }>([
    {
      what: 'an absolute path',
      says: /leaves the folder/,
      fill: (a) => a.entry({ name: '/etc/x' }, 'x'),
    },
    {
      what: 'a path upwards',
      says: /leaves the folder/,
      fill: (a) => a.entry({ name: 'a/../../x' }, 'x'),
    },
    {
      what: 'a link to an absolute path',
      says: /link "l" leaves/,
      fill: (a) => a.entry({ name: 'l', type: 'symlink', linkname: '/etc' }),
    },
    {
      what: 'a link upwards',
      says: /link "a\/l" leaves/,
      fill: (a) => a.entry({ name: 'a/l', type: 'symlink', linkname: '../../x' }),
    },
    {
      what: 'a hard link',
      says: /"l" is a link/,
      fill: (a) => a.entry({ name: 'l', type: 'link', linkname: 'f' }),
    },
    {
      what: 'a device',
      says: /"d" is a character-device/,
      fill: (a) => a.entry({ name: 'd', type: 'character-device', devmajor: 1, devminor: 3 }),
    },
    {
      what: 'a second entry of one name',
      says: /EEXIST/,
      fill: (a) => {
        a.entry({ name: 'f' }, 'x');
        a.entry({ name: 'f' }, 'y');
      },
    },
    {
      what: 'a link behind a link',
      says: /lies behind a link/,
      fill: (a) => {
        a.entry({ name: 'd/e', type: 'directory' });
        a.entry({ name: 'up', type: 'symlink', linkname: 'd/e' });
        a.entry({ name: 'up/x', type: 'symlink', linkname: '../a' });
      },
    },
  ])('refuses $what', async ({ fill, says }) => {
    const { folder, file, target } = await emptyFolder();
    await archiveOf(file, fill);
    await expect(unpack(file, target)).rejects.toThrow(says);
    expect((await readdir(folder)).toSorted()).toEqual(['a.tar.zst', 'target']);
  });

  it('refuses more bytes than a snapshot may hold before it writes them', async () => {
    const { file, target } = await emptyFolder();
    await writeFile(file, zstdCompressSync(bombHeader()));
    await expect(unpack(file, target)).rejects.toThrow('more than a snapshot may hold');
    expect(await readdir(target)).toEqual([]);
  });

  it('writes no file through a link of the same archive', async () => {
    const { file, target } = await emptyFolder();
    await archiveOf(file, (a) => {
      a.entry({ name: 'real', type: 'directory' });
      a.entry({ name: 'way', type: 'symlink', linkname: 'real' });
      a.entry({ name: 'way/x' }, 'x');
    });
    await expect(unpack(file, target)).rejects.toThrow('EEXIST');
    expect(await readdir(join(target, 'real'))).toEqual([]);
  });

  it('refuses a folder that is not empty and an archive that is cut', async () => {
    const { file, target } = await emptyFolder();
    await archiveOf(file, (a) => a.entry({ name: 'f' }, randomBytes(9_000)));
    const whole = await readFile(file);
    await writeFile(file, whole.subarray(0, whole.length / 2));
    await expect(unpack(file, target)).rejects.toThrow(/end|closed|abort/i);
    await writeFile(join(target, 'there'), '');
    await writeFile(file, whole);
    await expect(unpack(file, target)).rejects.toThrow('not empty');
  });
});
