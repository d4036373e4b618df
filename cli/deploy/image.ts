import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '../../contract/errors.ts';
import type { Programs } from './programs.ts';

/** What the image is made of, from the project's root. */
const SOURCES = ['Dockerfile', 'package.json', 'package-lock.json', 'supervisor'];
/** Digits of the tag: enough that two images of one project never share it. */
const TAG_DIGITS = 16;
const DIGEST = /@(sha256:[0-9a-f]{64})$/;

async function filesOf(folder: string, name: string): Promise<string[]> {
  try {
    const entries = await readdir(join(folder, name), { recursive: true, withFileTypes: true });
    return entries
      .filter((entry) => entry.isFile() && !entry.name.includes('.test.'))
      .map((entry) => join(entry.parentPath, entry.name));
  } catch {
    return [join(folder, name)];
  }
}

/** The tag of the image that `sandbox/` makes: the same files give the same tag. */
export async function imageTagOf(root: string, repository: string): Promise<string> {
  const folder = join(root, 'sandbox');
  const files = (await Promise.all(SOURCES.map((name) => filesOf(folder, name)))).flat();
  const hash = createHash('sha256');
  for (const file of files.toSorted()) {
    hash
      .update(`${file.slice(folder.length)}\0`)
      .update(await readFile(file))
      .update('\0');
  }
  return `${repository}:${hash.digest('hex').slice(0, TAG_DIGITS)}`;
}

/**
 * Builds the image and pushes it to Cloudflare's registry. Gives its name there by digest, so that
 * what was checked is what runs, whatever a tag points to later.
 */
export async function pushImage(programs: Programs, tag: string): Promise<string> {
  await programs.wrangler(['containers', 'build', 'sandbox', '--tag', tag, '--push']);
  const format = '{{ json .RepoDigests }}';
  const said = await programs.docker(['image', 'inspect', tag, '--format', format]);
  const names = JSON.parse(said) as unknown;
  const repository = tag.split(':')[0];
  const pushed = (Array.isArray(names) ? names : []).find(
    (name): name is string =>
      typeof name === 'string' &&
      DIGEST.test(name) &&
      name.split('@')[0]?.split('/').at(-1) === repository,
  );
  if (pushed === undefined) {
    throw new AppError('upstream_failed', `docker knows no digest of ${tag} after it was pushed.`);
  }
  return pushed;
}
