import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { configSchema, type Config } from './config.ts';
import { VALID_CONFIG } from './testing/answers.ts';
import { resolveWranglerConfig, type ResolveOptions } from './wrangler-config.ts';
import { readWrangler, type WranglerSection } from './wrangler-file.ts';

const root = fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, '');
const config = configSchema.parse(VALID_CONFIG);
const ENVIRONMENTS = ['staging', 'production'] as const;

async function sectionFor(name: string): Promise<WranglerSection> {
  const wrangler = await readWrangler(
    { name, isLocal: name === 'local', configPath: null },
    { cwd: root, root },
  );
  if (!wrangler.found) throw new Error(wrangler.reason);
  return wrangler.section;
}

async function resolved(options: Partial<ResolveOptions> = {}): Promise<WranglerSection> {
  return resolveWranglerConfig({
    section: await sectionFor('production'),
    environment: 'production',
    config,
    root: '/project',
    folder: '/project/dist/deploy',
    ...options,
  });
}

describe('the wrangler configuration of an environment', () => {
  test('has every id from the config file and no place left open', async () => {
    const made = await resolved();
    expect(made).toMatchObject({
      name: config.workerName,
      account_id: config.accountId,
      routes: [
        { pattern: 'streamkinetics.com/*', zone_id: config.zoneId },
        { pattern: '*.streamkinetics.com/*', zone_id: config.zoneId },
      ],
      d1_databases: [{ binding: 'DB', database_id: config.d1DatabaseId }],
      kv_namespaces: [{ binding: 'DIRECTORY', id: config.kvNamespaceId }],
      r2_buckets: [{ binding: 'SNAPSHOTS', bucket_name: config.r2BucketName }],
      vars: {
        PLATFORMS: 'streamkinetics.com',
        CF_AI_GATEWAY_ACCOUNT_ID: config.aiGatewayAccountId,
        CF_AI_GATEWAY_GATEWAY_ID: config.aiGatewayId,
        CF_ACCESS_TEAM_DOMAIN: config.accessTeamDomain,
        CF_ACCESS_AUD: config.accessAud,
        DEV_MODE: 'false',
      },
    });
    expect(JSON.stringify(made)).not.toMatch(/<\w+ of/);
  });

  test('inherits code, cron, logs and migrations from the top level', async () => {
    const local = await sectionFor('local');
    for (const name of ENVIRONMENTS) {
      const made = await resolved({ section: await sectionFor(name) });
      for (const key of [
        'compatibility_date',
        'migrations',
        'triggers',
        'observability',
      ] as const) {
        expect(made[key]).toEqual(local[key]);
      }
      expect(made).not.toHaveProperty('env');
    }
  });

  test('finds its files from the folder it is written to', async () => {
    expect(await resolved()).toMatchObject({
      main: '../../worker/index.ts',
      assets: { directory: '../client', binding: 'ASSETS' },
      d1_databases: [{ migrations_dir: '../../db/migrations' }],
      containers: [{ images: { agent: { dockerfile: '../../sandbox/Dockerfile' } } }],
    });
  });

  test('takes an image by its digest in place of the Dockerfile', async () => {
    const image = `registry.cloudflare.com/x/agents@sha256:${'0'.repeat(64)}`;
    const { containers } = await resolved({ image });
    expect(containers[0]?.images).toEqual({ agent: { image } });
  });

  test('leaves a var of Access to the Worker’s secrets where the config file has none', async () => {
    const without: Config = { ...config, accessAud: undefined, accessTeamDomain: undefined };
    const { vars } = await resolved({ config: without });
    expect(vars).not.toHaveProperty('CF_ACCESS_AUD');
    expect(vars).not.toHaveProperty('CF_ACCESS_TEAM_DOMAIN');
    expect(vars).toHaveProperty('CF_AI_GATEWAY_MODEL');
  });

  test('is refused without the platform, which routes are made of', async () => {
    await expect(resolved({ config: { ...config, defaultPlatform: undefined } })).rejects.toThrow(
      'The config file has no defaultPlatform, which production needs.',
    );
  });

  test('leaves the file itself as it was', async () => {
    const section = await sectionFor('production');
    const before = structuredClone(section);
    await resolved({ section });
    expect(section).toEqual(before);
  });
});

test('the environments differ from the top level in ids only', async () => {
  const local = await sectionFor('local');
  const limits = ({ ratelimits }: WranglerSection) =>
    ratelimits.map(({ name, simple }) => ({ name, simple }));
  const seen = local.ratelimits.map(({ namespace_id: id }) => id);
  for (const environment of ENVIRONMENTS) {
    const section = await sectionFor(environment);
    expect(limits(section)).toEqual(limits(local));
    expect(Object.keys(section.vars)).toEqual(Object.keys(local.vars));
    expect(section.durable_objects).toEqual(local.durable_objects);
    expect(section.version_metadata).toEqual(local.version_metadata);
    const [{ name: _, ...container } = {}] = section.containers;
    expect(local.containers).toMatchObject([container]);
    seen.push(...section.ratelimits.map(({ namespace_id: id }) => id));
  }
  // Environments that count in one namespace would use up each other's limits.
  expect(new Set(seen).size).toBe(seen.length);
});
