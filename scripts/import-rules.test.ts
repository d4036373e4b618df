import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const CRUISER = join(ROOT, 'node_modules/dependency-cruiser/bin/dependency-cruiser.mjs');
/** Longest text the cruiser may print, bytes. */
const MAX_REPORT_BYTES = 8 * 1024 * 1024;

/** A small house in which every import is allowed. */
const HOUSE: Record<string, string> = {
  'package.json': JSON.stringify({
    name: 'house',
    type: 'module',
    imports: { '#site': './.svelte-kit/worker/_worker.js' },
    dependencies: { zod: '1.0.0', '@cloudflare/sandbox': '1.0.0' },
    devDependencies: { vitest: '1.0.0', svelte: '1.0.0' },
  }),
  'sandbox/package.json': JSON.stringify({ name: 'sandbox', dependencies: { json5: '1.0.0' } }),
  'contract/api.ts': `import { z } from 'zod';\nexport const api = z;`,
  'contract/api.test.ts': `import { it } from 'vitest';\nimport { api } from './api.ts';\nit(api);`,
  'db/schema.ts': `export { api } from '../contract/api.ts';`,
  'durable/container-errors.ts': `export * from '@cloudflare/sandbox';`,
  'durable/rpc.ts': `export interface Rpc {}`,
  'durable/index.ts': `export type { Rpc } from './rpc.ts';\nexport * from './container-errors.ts';\nimport '../db/schema.ts';`,
  'worker/index.ts': `import site from '#site';\nimport '../durable/index.ts';\nimport '../db/schema.ts';\nexport default site;`,
  'worker/routes.ts': `export type Routes = string;`,
  'cli/index.ts': `import '../package.json';\nimport '../contract/api.ts';\nimport type { Routes } from '../worker/routes.ts';\nexport type R = Routes;`,
  'site/src/page.svelte': `<script lang="ts">import '../../contract/api.ts';\nimport type { Routes } from '../../worker/routes.ts';\nlet r: Routes = '';</script>{r}`,
  'sandbox/main.ts': `import 'json5';\nimport 'node:fs';`,
  'local/engine/index.ts': `import '../../contract/api.ts';`,
  'local/ai-gateway/index.ts': `export {};`,
  'local/runner/prepare.ts': `import '../engine/index.ts';\nimport '../ai-gateway/index.ts';`,
  'local/dev.ts': `import './runner/prepare.ts';`,
  'scripts/all.ts': `import '../local/runner/prepare.ts';`,
  'test/chat.flow.test.ts': `import '../durable/rpc.ts';\nimport '../sandbox/main.ts';\nimport '../local/dev.ts';`,
  'test/doubles/site.ts': `export {};`,
};

/** One forbidden import each: the file that has it, what it imports, the rule that must say so. */
const VIOLATIONS = [
  ['contract/bad-db.ts', '../db/schema.ts', 'contract-imports'],
  ['contract/bad-package.ts', '@cloudflare/sandbox', 'contract-packages'],
  ['contract/bad-node.ts', 'node:fs', 'contract-packages'],
  ['db/bad-durable.ts', '../durable/index.ts', 'db-imports'],
  ['durable/bad-worker.ts', '../worker/routes.ts', 'durable-imports'],
  ['durable/bad-sandbox-sdk.ts', '@cloudflare/sandbox', 'cloudflare-sandbox-in-one-file'],
  ['durable/bad-test.ts', '../contract/api.test.ts', 'no-test-code-in-production'],
  ['durable/bad-dev-package.ts', 'vitest', 'no-dev-packages-in-production'],
  ['worker/bad-rpc.ts', '../durable/rpc.ts', 'worker-imports'],
  ['worker/bad-double.ts', '../test/doubles/site.ts', 'no-test-code-in-production'],
  ['worker/bad-cli.ts', '../cli/index.ts', 'worker-imports'],
  ['cli/bad-db.ts', '../db/schema.ts', 'cli-imports'],
  ['cli/bad-worker-code.ts', '../worker/routes.ts', 'worker-types-only'],
  ['cli/bad-unlisted.ts', 'unlisted', 'no-unlisted-packages'],
  ['cli/bad-nowhere.ts', './nowhere.ts', 'no-unresolvable'],
  ['site/src/bad-durable.svelte', '../../durable/rpc.ts', 'site-imports'],
  ['site/src/bad-root.ts', '../../package.json', 'site-imports'],
  ['site/src/bad-worker-code.svelte', '../../worker/routes.ts', 'worker-types-only'],
  ['sandbox/bad-contract.ts', '../contract/api.ts', 'sandbox-imports'],
  ['sandbox/bad-package.ts', 'zod', 'sandbox-packages'],
  ['local/bad-worker.ts', '../worker/routes.ts', 'local-imports'],
  ['local/engine/bad-gateway.ts', '../ai-gateway/index.ts', 'local-engine-imports'],
  ['local/ai-gateway/bad-runner.ts', '../runner/prepare.ts', 'local-ai-gateway-imports'],
  ['local/runner/bad-engine-part.ts', '../engine/part.ts', 'local-runner-imports'],
  ['scripts/bad-durable.ts', '../durable/index.ts', 'scripts-imports'],
  ['db/cycle-a.ts', './cycle-b.ts', 'no-cycles'],
] as const;

/** What violations need to stand on. */
const PROPS: Record<string, string> = {
  'local/engine/part.ts': 'export {};',
  'db/cycle-b.ts': `import './cycle-a.ts';`,
};

const report = z.object({
  summary: z.object({
    violations: z.array(z.object({ from: z.string(), rule: z.object({ name: z.string() }) })),
  }),
});

let house: string;

async function write(files: Record<string, string>): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(house, path)), { recursive: true });
    await writeFile(join(house, path), text);
  }
}

function packageFiles(folder: string, name: string): Record<string, string> {
  const path = `${folder}node_modules/${name}`;
  const exports = { '.': './index.js', './*': './index.js' };
  const manifest = JSON.stringify({ name, version: '1.0.0', type: 'module', exports });
  return { [`${path}/package.json`]: manifest, [`${path}/index.js`]: 'export {};' };
}

/** The broken rules in the house as `file rule`. */
function brokenRules(): Promise<string[]> {
  const folders = new Set(
    Object.keys(HOUSE)
      .filter((path) => path.includes('/'))
      .map((path) => path.split('/')[0] ?? ''),
  );
  const options = ['--config', '.dependency-cruiser.mjs', '--output-type', 'json'];
  return new Promise((resolve, reject) => {
    const room = { cwd: house, maxBuffer: MAX_REPORT_BYTES };
    // It ends with the number of violations as its code, so the code says nothing about success.
    execFile(
      process.execPath,
      [CRUISER, ...options, ...folders],
      room,
      (_error, stdout, stderr) => {
        try {
          const { violations } = report.parse(JSON.parse(stdout)).summary;
          resolve(violations.map(({ from, rule }) => `${from} ${rule.name}`));
        } catch (cause) {
          reject(new Error(`the cruiser gave no report: ${stderr}`, { cause }));
        }
      },
    );
  });
}

beforeAll(async () => {
  house = await mkdtemp(join(tmpdir(), 'import-rules-'));
  await cp(join(ROOT, '.dependency-cruiser.mjs'), join(house, '.dependency-cruiser.mjs'));
  await write({
    ...HOUSE,
    'tsconfig.json': JSON.stringify({
      compilerOptions: { module: 'esnext', moduleResolution: 'bundler', resolveJsonModule: true },
    }),
    ...packageFiles('', 'zod'),
    ...packageFiles('', '@cloudflare/sandbox'),
    ...packageFiles('', 'vitest'),
    ...packageFiles('', 'svelte'),
    ...packageFiles('', 'unlisted'),
    ...packageFiles('sandbox/', 'json5'),
  });
});

afterAll(() => rm(house, { recursive: true, force: true }));

describe('the import rules', () => {
  it('let a house pass that keeps them', async () => {
    expect(await brokenRules()).toEqual([]);
  });

  it('catch every forbidden import, and name the rule', async () => {
    const planted = VIOLATIONS.map(([path, target]): [string, string] => {
      const statement = `import '${target}';`;
      return [path, path.endsWith('.svelte') ? `<script>${statement}</script>` : statement];
    });
    await write({ ...PROPS, ...Object.fromEntries(planted) });
    const broken = await brokenRules();
    const missed = VIOLATIONS.map(([path, , rule]) => `${path} ${rule}`).filter(
      (expected) => !broken.includes(expected),
    );
    expect(missed).toEqual([]);
    const innocent = Object.keys(HOUSE).filter((path) =>
      broken.some((violation) => violation.startsWith(`${path} `)),
    );
    expect(innocent).toEqual([]);
  });
});
