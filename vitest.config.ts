import { cloudflareTest } from '@cloudflare/vitest-plugin';
import { readD1Migrations } from '@cloudflare/vitest-plugin';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const inFolder = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
/** A deadline only to end a hang: a busy machine may take its time over any test, ms. */
const HANG_MS = 60_000;
const notUnit = [
  '**/node_modules/**',
  '**/*.worker.test.ts',
  '**/*.flow.test.ts',
  '**/*.cloud.test.ts',
  '**/*.sandbox.test.ts',
  'site/**',
];

/**
 * `*.test.ts` runs on Node, `*.worker.test.ts` in the Workers runtime, `site/**` in a DOM, and
 * `*.flow.test.ts` on the full local stack with the real OpenClaw, `*.cloud.test.ts` the real wrangler
 * against a scripted Cloudflare, and `*.sandbox.test.ts` the
 * supervisor alone with the real OpenClaw (`npm run test:sandbox`, not part of `npm test`).
 */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'node',
          environment: 'node',
          include: ['**/*.test.ts'],
          exclude: notUnit,
          // A worker of its own for each file costs more than all these tests together.
          isolate: false,
          testTimeout: HANG_MS,
        },
      },
      {
        plugins: [
          cloudflareTest({
            wrangler: { configPath: './wrangler.jsonc' },
            miniflare: {
              bindings: {
                TEST_MIGRATIONS: await readD1Migrations(inFolder('db/migrations')),
                DEV_MODE: 'true',
                CF_AI_GATEWAY_ACCOUNT_ID: 'test-account',
                AI_GATEWAY_BASE_URL: 'http://127.0.0.1:9/client/v4',
                CLOUDFLARE_AI_GATEWAY_API_KEY: 'canary-of-the-ai-gateway-key',
                SESSION_SIGNING_KEYS: 'dGVzdC1zaWduaW5nLWtleS1vZi0zMi1ieXRlcyEhISE',
              },
            },
          }),
        ],
        resolve: { alias: { '#site': inFolder('test/doubles/site-worker.ts') } },
        test: {
          name: 'workers',
          include: ['**/*.worker.test.ts'],
          // A runtime of its own for each file takes five times as long.
          isolate: false,
          testTimeout: HANG_MS,
          setupFiles: ['test/support/empty-bindings.ts', 'test/support/log-guard.ts'],
        },
      },
      {
        test: {
          name: 'cloud',
          environment: 'node',
          include: ['**/*.cloud.test.ts'],
          exclude: ['**/node_modules/**'],
          // A deadline only to end a hang: each run of wrangler costs 1 to 2 s of processor time.
          testTimeout: 240_000,
        },
      },
      {
        plugins: [svelte()],
        resolve: { conditions: ['browser'] },
        test: {
          name: 'site',
          environment: 'happy-dom',
          include: ['site/**/*.test.ts'],
          // A DOM and all of Svelte for each file cost five times as much as the tests.
          isolate: false,
          testTimeout: HANG_MS,
        },
      },
      {
        test: {
          name: 'sandbox',
          environment: 'node',
          include: ['sandbox/**/*.sandbox.test.ts'],
          testTimeout: 300_000,
          hookTimeout: 300_000,
        },
      },
      {
        test: {
          name: 'flow',
          environment: 'node',
          include: ['**/*.flow.test.ts'],
          exclude: ['**/node_modules/**'],
          globalSetup: ['test/flows/global-setup.ts'],
          fileParallelism: false,
          // Deadlines only to end a hang: two cores that are busy otherwise take minutes for a boot.
          testTimeout: 600_000,
          hookTimeout: 600_000,
        },
      },
    ],
  },
});
