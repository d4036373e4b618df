import { cp, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { folderWith } from '../../cli/testing/harness.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** As little of a Worker as has the platform's Durable Object. */
const WORKER = `import { DurableObject } from 'cloudflare:workers';
export class TenantAgent extends DurableObject {}
export default { fetch: () => new Response('ok') };
`;

/**
 * A checkout that skclaw deploys: our wrangler.jsonc, migrations and installed programs, with a small
 * Worker, site and image in place of ours. `edit` changes wrangler.jsonc's text.
 */
export async function deployProject(edit: (text: string) => string = (text) => text) {
  const root = await folderWith();
  const wrangler = await readFile(join(ROOT, 'wrangler.jsonc'), 'utf8');
  await writeFile(
    join(root, 'wrangler.jsonc'),
    edit(
      wrangler
        .replace('"main": "worker/index.ts"', '"main": "worker.js"')
        .replaceAll('"ACCESS_ADMINS": ""', '"ACCESS_ADMINS": "ops@example.com"'),
    ),
  );
  await writeFile(join(root, 'worker.js'), WORKER);
  await mkdir(join(root, 'dist/client'), { recursive: true });
  await writeFile(join(root, 'dist/client/index.html'), '<!doctype html><html lang="en"></html>');
  await mkdir(join(root, 'sandbox/supervisor'), { recursive: true });
  await writeFile(join(root, 'sandbox/Dockerfile'), 'FROM node:24\n');
  await writeFile(join(root, 'sandbox/supervisor/start.mjs'), '');
  for (const name of ['package.json', 'package-lock.json']) {
    await writeFile(join(root, 'sandbox', name), '{}');
  }
  await cp(join(ROOT, 'db/migrations'), join(root, 'db/migrations'), { recursive: true });
  await symlink(join(ROOT, 'node_modules'), join(root, 'node_modules'));
  return {
    root,
    async migration(name: string, sql: string): Promise<void> {
      await writeFile(join(root, 'db/migrations', name), sql);
    },
  };
}
