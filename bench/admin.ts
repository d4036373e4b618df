import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startAiGateway } from '../local/ai-gateway/index.ts';
import { LocalAdmin } from '../local/runner/admin.ts';
import { LOCAL_ACCOUNT, LOCAL_GATEWAY, localSecrets } from '../local/runner/settings.ts';
import { migrateD1 } from '../local/runner/worker-process.ts';
import { findingsOf, MAX_P95_MS } from './admin/findings.ts';
import { loadPage, type PageLoads } from './admin/load.ts';
import { adminPages } from './admin/pages.ts';
import { seedSystem } from './admin/seed.ts';
import { buildBundle } from './model-path/bundle.ts';
import type { Program } from './model-path/program.ts';
import { startBundle } from './model-path/start-bundle.ts';
import type { Findings } from './report.ts';
import { percentileOf } from './statistics.ts';

/** Loads of each page unless told otherwise. */
const DEFAULT_ROUNDS = 50;
const TENANTS = 1_000;
const USAGE_ROWS = 100_000;

const NOTES = [
  'The bundle of `wrangler deploy` (site and Worker) on `workerd serve`, with D1, KV, R2 and Durable',
  `Objects on the disk, and no OpenClaw: ${TENANTS} tenants with their agents’ states, ${USAGE_ROWS} rows of`,
  'usage with their daily sums, wakes, refusals, notices, audit and policies, the same every time.',
  'ms     from the request of a page to its last byte, one at a time, the first load not counted',
  'calls  what the page asks the API for, found in it, loaded as often apart',
  `Every page and every call is to answer 200 and stay under ${MAX_P95_MS} ms (p95).`,
];

/** Measures how long the dashboard's pages take the server on a system with a year behind it. */
export async function benchAdmin({
  rounds = DEFAULT_ROUNDS,
}: {
  rounds?: number;
}): Promise<Findings> {
  const dir = await mkdtemp(join(tmpdir(), 'skm-bench-admin-'));
  const stateDir = join(dir, 'state');
  const bundleDir = join(dir, 'bundle');
  const secrets = await localSecrets(stateDir);
  const gateway = await startAiGateway({
    accountId: LOCAL_ACCOUNT,
    gatewayId: LOCAL_GATEWAY,
    apiKeys: [secrets.aiGateway],
  });
  const vars = {
    DEV_MODE: 'true',
    SESSION_SIGNING_KEYS: secrets.signing,
    CLOUDFLARE_AI_GATEWAY_API_KEY: secrets.aiGateway,
    CF_AI_GATEWAY_ACCOUNT_ID: LOCAL_ACCOUNT,
    CF_AI_GATEWAY_GATEWAY_ID: LOCAL_GATEWAY,
    AI_GATEWAY_BASE_URL: gateway.url,
  };
  const start = (): Promise<Program> => startBundle({ bundleDir, stateDir, vars });
  try {
    await buildBundle(bundleDir, console.log);
    await migrateD1(stateDir);
    const real = await makeTenant(start);
    console.log(`Seeding ${TENANTS} tenants and ${USAGE_ROWS} rows of usage …`);
    const plan = { stateDir, real, tenants: TENANTS, usageRows: USAGE_ROWS, now: Date.now() };
    const sessionId = seedSystem(plan);
    const pages = adminPages({ slug: real.slug, tenantId: real.id, sessionId });
    const program = await start();
    try {
      return findingsOf(await loadPages(originOf(program), pages, rounds), NOTES);
    } finally {
      await program.stop();
    }
  } finally {
    await gateway.close();
    await rm(dir, { recursive: true, force: true });
  }
}

const originOf = ({ port }: Program): string => `http://localhost:${port}`;

/** A tenant as operators make one: its agent has its record, a policy is in force. */
async function makeTenant(start: () => Promise<Program>): Promise<{ id: string; slug: string }> {
  const program = await start();
  try {
    const admin = new LocalAdmin(`http://127.0.0.1:${program.port}`);
    await admin.call('GET', '/health');
    const { id, slug } = await admin.createTenant({
      platform: 'streamkinetics.com',
      tier: 'premium',
      slug: 'the-busy-one',
    });
    return { id, slug };
  } finally {
    await program.stop();
  }
}

async function loadPages(
  origin: string,
  pages: ReturnType<typeof adminPages>,
  rounds: number,
): Promise<PageLoads[]> {
  const loaded: PageLoads[] = [];
  for (const page of pages) {
    const one = await loadPage(origin, page, rounds);
    const p95 = percentileOf(
      one.loads.map(({ ms }) => ms),
      95,
    );
    console.log(`${page.name.padEnd(32)} ${one.loads[0]?.status}  p95 ${p95.toFixed(0)} ms`);
    loaded.push(one);
  }
  return loaded;
}
