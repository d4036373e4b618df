import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { createBrotliDecompress } from 'node:zlib';
import Chromium from '@sparticuz/chromium';

const run = promisify(execFile);

/** Unpacks the package's libraries, for a bare system that has no NSS and no expat. */
async function unpackLibraries(dir: string): Promise<string> {
  const entry = createRequire(import.meta.url).resolve('@sparticuz/chromium');
  const archive = join(dirname(entry), '../bin/al2023.tar.br');
  await mkdir(dir, { recursive: true });
  const tar = spawn('tar', ['-x', '-C', dir], { stdio: ['pipe', 'inherit', 'inherit'] });
  const ended = once(tar, 'exit');
  await pipeline(createReadStream(archive), createBrotliDecompress(), tar.stdin);
  const [code] = await ended;
  if (code !== 0) throw new Error(`tar ended with ${String(code)}`);
  return join(dir, 'lib');
}

/**
 * Chromium from npm (Linux x64), unpacked into `dir`: a folder of one's own, since the package uses
 * again whatever older copy it finds in the temporary folder.
 */
export async function unpackedChromium(
  dir: string,
): Promise<{ executablePath: string; env: Record<string, string> }> {
  const before = process.env['TMPDIR'];
  process.env['TMPDIR'] = dir;
  const executablePath = await Chromium.executablePath();
  if (before === undefined) delete process.env['TMPDIR'];
  else process.env['TMPDIR'] = before;

  const env: Record<string, string> = { PATH: process.env['PATH'] ?? '', HOME: dir };
  const { stdout } = await run('ldd', [executablePath]);
  if (stdout.includes('not found'))
    env['LD_LIBRARY_PATH'] = await unpackLibraries(join(dir, 'al2023'));
  const fonts = process.env['FONTCONFIG_FILE'];
  if (fonts === undefined) env['FONTCONFIG_PATH'] = join(dir, 'fonts');
  else env['FONTCONFIG_FILE'] = fonts;
  return { executablePath, env };
}
