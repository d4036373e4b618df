import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { AppError } from '../../contract/errors.ts';
import type { Programs } from './programs.ts';

/** What the image is made of, from the project's root. */
const SOURCES = ['Dockerfile', 'package.json', 'package-lock.json', 'supervisor'];
/** Digits of the tag: enough that two images of one project never share it. */
const TAG_DIGITS = 16;
/** An image of Cloudflare's registry by digest: whatever is pushed later, it stays the same. */
export const PUSHED_IMAGE =
  /^registry\.cloudflare\.com\/[0-9a-f]{32}\/[a-z0-9._/-]+@sha256:[0-9a-f]{64}$/;

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

/** Cloudflare's registry. Source: Cloudflare, Containers, "Image management". */
const REGISTRY = 'registry.cloudflare.com';

/**
 * Builds the image and pushes it to the account's registry. Gives its name there by digest, so that
 * what was checked is what runs, whatever a tag points to later.
 */
export async function pushImage(
  programs: Programs,
  { tag, accountId }: { tag: string; accountId: string },
): Promise<string> {
  await programs.wrangler(['containers', 'build', 'sandbox', '--tag', tag]);
  // `build --push` takes the tag away again where the registry has the image already.
  await programs.wrangler(['containers', 'push', tag]);
  const pushed = `${REGISTRY}/${accountId}/${tag}`;
  const format = '{{ json .RepoDigests }}';
  const said = await programs.docker(['image', 'inspect', pushed, '--format', format]);
  const repository = pushed.slice(0, pushed.lastIndexOf(':'));
  const names = z.array(z.string()).catch([]).parse(JSON.parse(said));
  const named = names.find((name) => PUSHED_IMAGE.test(name) && name.startsWith(`${repository}@`));
  if (named === undefined) {
    throw new AppError('upstream_failed', `docker knows no digest of ${tag} after it was pushed.`);
  }
  return named;
}
