import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import type { Check } from '../checks/check.ts';
import { CLOUD_CHECKS } from '../checks/cloud-checks.ts';
import { CHARTER_CONFIG, HEALTHY_SYSTEM, VALID_CONFIG, WRANGLER } from '../testing/answers.ts';
import { folderWith, skclaw, startSystem, type Scripted } from '../testing/harness.ts';

async function validate(options: {
  files?: Record<string, string | object>;
  env?: Record<string, string>;
  argv?: string[];
  system?: Scripted;
}) {
  const { url } = await startSystem(...(options.system ? [options.system] : HEALTHY_SYSTEM));
  const ran = await skclaw(['env', 'validate', ...(options.argv ?? [])], {
    cwd: await folderWith(options.files),
    env: { SKCLAW_URL: url, ...options.env },
  });
  const checks = (): Check[] => ran.data()['checks'] as Check[];
  return { ...ran, checks, check: (name: string) => checks().find((check) => check.name === name) };
}

const VALID = { '.skclaw.json': VALID_CONFIG, 'wrangler.jsonc': WRANGLER };

test('passes where config file, wrangler.jsonc and system agree', async () => {
  const ran = await validate({ files: VALID });
  const others = ran.checks().filter(({ status }) => status !== 'passed');
  expect(others.map(({ name, status }) => `${name} ${status}`)).toEqual([
    'wrangler.assetsDir skipped',
    ...CLOUD_CHECKS.map((name) => `${name} skipped`),
  ]);
  expect(ran).toMatchObject({ code: 0, stderr: '' });
  expect(ran.data()).toMatchObject({ ok: true, environment: 'production' });
  expect(ran.check('system.D1')).toMatchObject({ message: 'Answers.' });
});

test('the charter’s own example fails by its retired model, with the successor and a command', async () => {
  const ran = await validate({ files: { '.skclaw.json': CHARTER_CONFIG } });
  expect(ran.code).toBe(1);
  expect(ran.check('config.file')).toMatchObject({ status: 'passed' });
  expect(ran.check('config.modelTierMap.free')).toEqual({
    name: 'config.modelTierMap.free',
    status: 'failed',
    message:
      '@cf/meta/llama-3.1-8b-instruct was retired on 2026-05-30; its successor is @cf/zai-org/glm-4.7-flash.',
    fix: `sed -i.bak 's|"@cf/meta/llama-3.1-8b-instruct"|"@cf/zai-org/glm-4.7-flash"|' .skclaw.json`,
  });
  expect(ran.check('config.modelTierMap.premium')).toMatchObject({ status: 'passed' });
  expect(ran.check('config.accountId')).toMatchObject({
    status: 'failed',
    fix: 'npx wrangler whoami',
  });
  expect(ran.error().code).toBe('invalid_config');
  expect(ran.error().message).toContain('config.modelTierMap.free');
});

test('every failed check names what mends it', async () => {
  const ran = await validate({ files: { '.skclaw.json': CHARTER_CONFIG, 'wrangler.jsonc': '{}' } });
  const unmended = ran
    .checks()
    .filter(({ status, fix }) => (status === 'failed') !== (fix !== null));
  expect(unmended).toEqual([]);
});

describe('one thing wrong fails one check', () => {
  const edit = (change: object) => ({ '.skclaw.json': { ...VALID_CONFIG, ...change } });
  const config = (change: object) => ({ ...VALID, ...edit(change) });
  const wrangler = (from: string, to: string) => ({
    ...VALID,
    'wrangler.jsonc': WRANGLER.replaceAll(from, to),
  });

  test.each([
    ['config.modelTierMap.free', config({ modelTierMap: { free: '@cf/nobody/nothing' } })],
    [
      'config.zoneId',
      { ...wrangler('b'.repeat(32), 'example.com'), ...edit({ zoneId: 'example.com' }) },
    ],
    ['wrangler.name', config({ workerName: 'another' })],
    ['wrangler.assets', config({ assetsDir: 'build' })],
    ['wrangler.database', config({ d1DatabaseId: '11111111-1111-4111-8111-111111111111' })],
    ['wrangler.kv', config({ kvNamespaceId: 'e'.repeat(32) })],
    ['wrangler.bucket', config({ r2BucketName: 'another' })],
    ['wrangler.account', wrangler('"env": {', `"account_id": "${'e'.repeat(32)}", "env": {`)],
    ['wrangler.routes', wrangler('"*.streamkinetics.com/*"', '"*.example.com/*"')],
    ['wrangler.routes', wrangler(`com/*", "zone_id": "${'b'.repeat(32)}`, 'com/*", "zone_id": "x')],
    ['wrangler.containers', wrangler('"scheduling_policy": "durable_object",', '')],
    ['wrangler.containers', wrangler('"dockerfile": "./sandbox/Dockerfile"', '')],
    [
      'wrangler.containers',
      wrangler('"class_name": "TenantAgent",\n      "sch', '"class_name": "B", "sch'),
    ],
    ['wrangler.cron', wrangler('"*/5 * * * *"', '')],
    ['wrangler.migrations', wrangler('"new_sqlite_classes"', '"new_classes"')],
    ['wrangler.migrations', wrangler('"migrations": [', '"migrations": [{ "tag": "v1" }, ')],
    [
      'wrangler.migrations',
      wrangler(
        '"TenantAgent"] }]',
        '"TenantAgent"] }, { "tag": "v2", "deleted_classes": ["TenantAgent"] }]',
      ),
    ],
    ['env.CF_AI_GATEWAY_GATEWAY_ID', config({ aiGatewayId: 'another' })],
    ['env.CF_AI_GATEWAY_ACCOUNT_ID', config({ aiGatewayAccountId: 'e'.repeat(32) })],
    ['env.CF_ACCESS_AUD', config({ accessAud: 'e'.repeat(64) })],
    ['env.CF_AI_GATEWAY_MODEL', wrangler('glm-4.7-flash', 'glm-0')],
    ['env.DEV_MODE', wrangler('"DEV_MODE": "false"', '"DEV_MODE": "true"')],
    ['env.DEBUG_ROUTES', wrangler('"DEBUG_ROUTES": "false"', '"DEBUG_ROUTES": "yes"')],
    ['wrangler.binding.TENANT_AGENT', wrangler('TENANT_AGENT', 'OTHER')],
    ['wrangler.file', wrangler('"production"', '"other"')],
    ['wrangler.file', { ...VALID, 'wrangler.jsonc': '{ nonsense' }],
    [
      'env.CLOUDFLARE_AI_GATEWAY_API_KEY',
      wrangler('"vars": {', '"vars": { "CLOUDFLARE_AI_GATEWAY_API_KEY": "canary-key",'),
    ],
  ])('%s', async (name, files) => {
    const ran = await validate({ files });
    const failed = ran.checks().filter(({ status }) => status === 'failed');
    expect(failed.map((check) => check.name)).toEqual([name]);
    expect(ran.code).toBe(1);
    expect(ran.stdout + ran.stderr).not.toContain('canary-key');
  });
});

describe('the project’s own wrangler.jsonc', () => {
  const readOwn = () => readFile(new URL('../../wrangler.jsonc', import.meta.url), 'utf8');

  test.each(['staging', 'production'])('fits any config file in %s', async (name) => {
    const files = { [`.skclaw.${name}.json`]: VALID_CONFIG, 'wrangler.jsonc': await readOwn() };
    const ran = await validate({ files, argv: ['--env', name] });
    expect(ran.checks().filter(({ status }) => status === 'failed')).toEqual([]);
    expect(ran.check('wrangler.database')).toMatchObject({
      message: `env.${name}.d1_databases[DB].database_id is filled in from the config file at deploy.`,
    });
    expect(ran.check('wrangler.routes')).toMatchObject({ status: 'passed' });
    expect(ran.check('env.CF_ACCESS_AUD')).toMatchObject({ status: 'passed' });
  });

  test('is built where the config file says', async () => {
    const files = { ...VALID, 'wrangler.jsonc': await readOwn(), built: '' };
    files['.skclaw.json'] = { ...VALID_CONFIG, assetsDir: 'built' };
    const ran = await validate({ files });
    expect(ran.check('wrangler.assetsDir')).toMatchObject({ status: 'passed' });
  });
});

describe('the running system', () => {
  const check = {
    name: 'r2',
    ok: false,
    message: 'No bucket.',
    fix: 'npx wrangler r2 bucket create x',
    ms: 1,
  };

  test.each([200, 503])('its failing check counts, also with status %i', async (status) => {
    const ran = await validate({
      files: VALID,
      system: { status, body: { ok: false, checks: [check] } },
    });
    expect(ran.code).toBe(1);
    expect(ran.check('system.r2')).toMatchObject({ status: 'failed', fix: check.fix });
  });

  test('that can’t say what it has leaves secrets to the shell', async () => {
    const files = VALID;
    const system = { status: 401, body: { error: { code: 'unauthenticated', message: 'No.' } } };
    const without = await validate({ files, system });
    expect(without.check('system.reachable')).toMatchObject({ status: 'failed', message: 'No.' });
    expect(without.check('env.SESSION_SIGNING_KEYS')).toMatchObject({
      status: 'failed',
      fix: 'skclaw secrets sync --env production',
    });
    const withKeys = await validate({
      files,
      system,
      env: { SESSION_SIGNING_KEYS: 'canary-of-keys' },
    });
    expect(withKeys.check('env.SESSION_SIGNING_KEYS')).toMatchObject({ status: 'passed' });
    expect(withKeys.stdout).not.toContain('canary-of-keys');
  });
});

describe('locally', () => {
  test('needs no config file and skips what only it can say', async () => {
    const ran = await validate({});
    expect(ran.code).toBe(0);
    expect(ran.data()).toMatchObject({ ok: true, environment: 'local' });
    expect(ran.check('config.file')).toMatchObject({ status: 'skipped' });
  });

  test('skips a config file that lies there, broken or not', async () => {
    const ran = await validate({ files: { '.skclaw.json': '{' }, env: { SKCLAW_ENV: 'local' } });
    expect(ran.code).toBe(0);
    expect(ran.check('config.file')).toMatchObject({ status: 'skipped' });
  });

  test('checks one that is named', async () => {
    const files = { 'my.json': CHARTER_CONFIG };
    const ran = await validate({ files, argv: ['--env', 'local', '--config', 'my.json'] });
    expect(ran.code).toBe(1);
    expect(ran.check('config.modelTierMap.free')).toMatchObject({ status: 'failed' });
  });

  test('fails when nothing runs, with how to start it', async () => {
    const ran = await skclaw(['env', 'validate'], {
      fetch: () => Promise.reject(new TypeError('fetch failed')),
    });
    expect(ran.code).toBe(1);
    expect(ran.data()['checks']).toContainEqual({
      name: 'system.reachable',
      status: 'failed',
      message: "http://localhost:8787 can't be reached.",
      fix: 'Start it with `npm run dev`.',
    });
  });
});

test('a config file with a secret fails and hides it', async () => {
  const secret = 'cfut_canarycanarycanary';
  const ran = await validate({ files: { '.skclaw.json': { ...VALID_CONFIG, apiToken: secret } } });
  expect(ran.code).toBe(1);
  expect(ran.check('config.file')?.message).toContain('apiToken');
  expect(ran.stdout + ran.stderr).not.toContain(secret);
});

test('a config file of another form fails one check for each field', async () => {
  const broken = { ...VALID_CONFIG, zoneId: undefined, projectName: 7, surplus: 'x' };
  const ran = await validate({ files: { '.skclaw.json': broken }, argv: ['--format', 'json'] });
  expect(ran.code).toBe(1);
  expect(ran.check('config.zoneId')).toMatchObject({
    status: 'failed',
    message: 'zoneId: is required.',
  });
  expect(ran.check('config.projectName')).toMatchObject({ fix: '${EDITOR:-vi} .skclaw.json' });
  expect(ran.check('config.file')?.message).toContain('surplus');
});

test('commands quote a path that a shell would split', async () => {
  const files = { 'my config.json': CHARTER_CONFIG };
  const ran = await validate({ files, argv: ['--config', 'my config.json'] });
  expect(ran.check('config.modelTierMap.free')?.fix).toMatch(/ 'my config\.json'$/);
});

test('as a table it is one line a check', async () => {
  const ran = await validate({ argv: ['--format', 'table'] });
  expect(ran.code).toBe(0);
  expect(ran.stdout).toMatch(/^config\.file +skipped +local needs no config file\. +-$/m);
});
