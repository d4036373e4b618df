import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { configSchema } from './config.ts';
import { execute } from './execute.ts';
import { VALID_CONFIG } from './testing/answers.ts';
import { COMPILE_CACHE } from './testing/compile-cache.ts';
import { folderWith } from './testing/harness.ts';
import { resolveWranglerConfig } from './wrangler-config.ts';
import { readWrangler } from './wrangler-file.ts';

const root = fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, '');
const config = configSchema.parse(VALID_CONFIG);
const ENVIRONMENTS = ['staging', 'production'] as const;

/** Runs the project's wrangler, told of no account. */
function runWrangler(...args: string[]) {
  return execute(process.execPath, [join(root, 'node_modules/wrangler/bin/wrangler.js'), ...args], {
    cwd: root,
    env: {
      PATH: process.env['PATH'],
      HOME: process.env['HOME'],
      CI: 'true',
      NO_COLOR: '1',
      WRANGLER_SEND_METRICS: 'false',
      ...COMPILE_CACHE,
    },
  });
}

test.each(ENVIRONMENTS)('wrangler takes what was made for %s', async (name) => {
  const folder = await folderWith();
  await mkdir(join(folder, 'client'));
  const wrangler = await readWrangler(
    { name, isLocal: false, configPath: null },
    { cwd: root, root },
  );
  if (!wrangler.found) throw new Error(wrangler.reason);
  const made = resolveWranglerConfig({
    section: wrangler.section,
    environment: name,
    config: { ...config, assetsDir: join(folder, 'client') },
    root,
    folder,
  });
  const path = join(folder, 'wrangler.json');
  // The site is built by npm run build; a double stands for it here.
  const alias = { '#site': join(root, 'test/doubles/site-worker.ts') };
  await writeFile(path, JSON.stringify({ ...made, alias }));
  const dryRun = ['deploy', '--dry-run', '--containers-rollout=none'];
  const ran = await runWrangler(...dryRun, '--config', path, '--outdir', join(folder, 'out'));
  expect(ran.stderr).toBe('');
  expect(ran.code).toBe(0);
  expect(ran.stdout).toContain(`env.DB (${config.projectName})`);
  expect(ran.stdout).toContain('env.TENANT_AGENT (TenantAgent)');
  expect(await readFile(join(folder, 'out/index.js'), 'utf8')).toContain('TenantAgent');
});

test.each(ENVIRONMENTS)('wrangler refuses to deploy %s past skclaw', async (name) => {
  const ran = await runWrangler('deploy', '--dry-run', '--env', name);
  expect(ran.code).toBe(1);
  expect(ran.stderr).toContain('<workerName of .skclaw.json>');
});
