import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { resolveWranglerConfig } from '../../cli/wrangler-config.ts';
import { readWrangler } from '../../cli/wrangler-file.ts';
import { configOf } from './skclaw-config.ts';
import type { CloudflareState } from './state.ts';

const ROOT = join(import.meta.dirname, '../..');

/** As little of a Worker as has the platform's Durable Object. */
const WORKER = `import { DurableObject } from 'cloudflare:workers';
export class TenantAgent extends DurableObject {}
export class Other extends DurableObject {}
export default { fetch: () => new Response('ok') };
`;

/**
 * A folder that wrangler deploys: our wrangler.jsonc for production as skclaw resolves it for an
 * account, with a small Worker, site and image in place of ours. `configure` writes it anew.
 */
export async function makeProject(state: CloudflareState) {
  const cwd = await mkdtemp(join(tmpdir(), 'wrangler-project-'));
  onTestFinished(() => rm(cwd, { recursive: true }));
  const environment = { name: 'production', isLocal: false, configPath: null };
  const wrangler = await readWrangler(environment, { cwd: ROOT, root: ROOT });
  if (!wrangler.found) throw new Error(wrangler.reason);
  const { section } = wrangler;
  await mkdir(join(cwd, 'site'));
  await mkdir(join(cwd, 'sandbox'));
  await writeFile(join(cwd, 'site/index.html'), '<!doctype html><html lang="en"></html>');
  await writeFile(join(cwd, 'sandbox/Dockerfile'), 'FROM node:24\n');
  await writeFile(join(cwd, 'worker.js'), WORKER);

  async function configure(changes: { image?: string; more?: object } = {}): Promise<void> {
    const resolved = resolveWranglerConfig({
      section,
      environment: 'production',
      config: configOf(state),
      root: ROOT,
      folder: cwd,
      ...(changes.image !== undefined && { image: changes.image }),
    });
    const own = { main: 'worker.js', assets: { ...resolved.assets, directory: 'site' } };
    const written = { ...resolved, ...own, ...changes.more };
    await writeFile(join(cwd, 'wrangler.json'), JSON.stringify(written, null, 2));
  }
  await configure();
  return {
    cwd,
    configure,
    /** Writes a file of the project, with its folder. */
    async write(path: string, text: string): Promise<void> {
      await mkdir(join(cwd, path, '..'), { recursive: true });
      await writeFile(join(cwd, path), text);
    },
  };
}
