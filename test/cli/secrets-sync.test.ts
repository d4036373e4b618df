import { describe, expect, test } from 'vitest';
import { HEALTHY_SYSTEM } from '../../cli/testing/answers.ts';
import { skclaw, type Scripted } from '../../cli/testing/harness.ts';
import { fingerprintOf, WORKER_SECRETS, type WorkerSecret } from '../../contract/worker-secrets.ts';
import type { CloudflareServer } from '../cloudflare/server.ts';
import { operate, startAccount } from './account.ts';
import { startFingerprints } from './fingerprints.ts';

const KEY = 'canary-of-the-ai-gateway-key';
const SIGNING = 'canary-of-a-signing-key-that-has-43-letters';
const WORKER = 'streamkinetics-backend';
const BOTH = { CLOUDFLARE_AI_GATEWAY_API_KEY: KEY, SESSION_SIGNING_KEYS: SIGNING };
const CANARIES = [KEY, SIGNING];

const SILENT: Scripted[] = [{ status: 503, body: { error: { code: 'internal', message: 'No.' } } }];

/** The newest value that the account was given for a secret. */
function storedValue({ state }: CloudflareServer, name: WorkerSecret): string | undefined {
  return state.worker(WORKER).secretValues.findLast((each) => each.name === name)?.value;
}

async function sync(
  account: CloudflareServer,
  argv: string[] = [],
  options: Partial<Parameters<typeof operate>[1]> = {},
) {
  const ran = await operate(['secrets', 'sync', '--env', 'production', ...argv], {
    account,
    env: BOTH,
    system: SILENT,
    ...options,
  });
  for (const canary of CANARIES) expect(ran.stdout + ran.stderr).not.toContain(canary);
  return ran;
}

/** An account whose Worker has both secrets. */
async function syncedAccount(): Promise<CloudflareServer> {
  const account = await startAccount();
  expect(await sync(account)).toMatchObject({ code: 0 });
  return account;
}

describe('a first sync', () => {
  test('makes the Worker and sets what it needs, in one request', async () => {
    const account = await startAccount();
    const ran = await sync(account);
    expect(ran.code).toBe(0);
    expect(ran.data()).toEqual({
      worker: WORKER,
      dryRun: false,
      added: [...WORKER_SECRETS],
      changed: [],
      unchanged: [],
      missing: [],
      generated: [],
      ignored: [],
      note: null,
    });
    expect(WORKER_SECRETS.map((name) => storedValue(account, name))).toEqual([KEY, SIGNING]);
    const writes = account.requests.filter(({ method }) => method === 'PATCH');
    expect(writes).toHaveLength(1);
    expect(account.violations).toEqual([]);
  });

  test('reads a file in place of the variables, and names what it does not take', async () => {
    const account = await startAccount();
    const file = `CLOUDFLARE_AI_GATEWAY_API_KEY="${KEY}"\nSESSION_SIGNING_KEYS=${SIGNING}\nOTHER=hunter2\n`;
    const ran = await sync(account, ['--from', 'my.env'], {
      env: { SESSION_SIGNING_KEYS: 'x'.repeat(44) },
      files: { 'my.env': file },
    });
    expect(ran.data()).toMatchObject({ added: [...WORKER_SECRETS], ignored: ['OTHER'] });
    expect(storedValue(account, 'SESSION_SIGNING_KEYS')).toBe(SIGNING);
    expect(ran.stdout + ran.stderr).not.toContain('hunter2');
  });

  test('sets what is there and fails for what is missing', async () => {
    const account = await startAccount();
    const ran = await sync(account, [], { env: { CLOUDFLARE_AI_GATEWAY_API_KEY: KEY } });
    expect(ran.code).toBe(1);
    expect(ran.data()).toMatchObject({
      added: ['CLOUDFLARE_AI_GATEWAY_API_KEY'],
      missing: ['SESSION_SIGNING_KEYS'],
    });
    expect(ran.error()).toMatchObject({
      code: 'invalid_config',
      message: `${WORKER} does not serve without SESSION_SIGNING_KEYS.`,
    });
    expect(storedValue(account, 'CLOUDFLARE_AI_GATEWAY_API_KEY')).toBe(KEY);
  });

  test('makes signing keys where it is asked to, and shows them to nobody', async () => {
    const account = await startAccount();
    const env = { CLOUDFLARE_AI_GATEWAY_API_KEY: KEY };
    const ran = await sync(account, ['--generate'], { env });
    expect(ran.code).toBe(0);
    expect(ran.data()).toMatchObject({ generated: ['SESSION_SIGNING_KEYS'], missing: [] });
    const made = storedValue(account, 'SESSION_SIGNING_KEYS') ?? '';
    expect(made).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect(ran.stdout + ran.stderr).not.toContain(made);
    // Keys in force are never replaced by new ones.
    const again = await sync(account, ['--generate'], { env });
    expect(again.data()).toMatchObject({ generated: [], unchanged: ['SESSION_SIGNING_KEYS'] });
    expect(storedValue(account, 'SESSION_SIGNING_KEYS')).toBe(made);
  });
});

describe('a later sync', () => {
  test('sets nothing that the running system has already', async () => {
    const account = await syncedAccount();
    const url = await startFingerprints(BOTH);
    const before = account.requests.length;
    const ran = await sync(account, [], { env: { ...BOTH, SKCLAW_URL: url } });
    expect(ran.data()).toMatchObject({ unchanged: [...WORKER_SECRETS], note: null });
    expect(account.requests.slice(before).map(({ method }) => method)).not.toContain('PATCH');
  });

  test('sets only what differs', async () => {
    const account = await syncedAccount();
    const url = await startFingerprints({ ...BOTH, SESSION_SIGNING_KEYS: 'o'.repeat(43) });
    const ran = await sync(account, [], { env: { ...BOTH, SKCLAW_URL: url } });
    expect(ran.data()).toMatchObject({
      changed: ['SESSION_SIGNING_KEYS'],
      unchanged: ['CLOUDFLARE_AI_GATEWAY_API_KEY'],
    });
    expect(account.requests.findLast(({ method }) => method === 'PATCH')?.body).toEqual({
      secrets: {
        SESSION_SIGNING_KEYS: { name: 'SESSION_SIGNING_KEYS', text: SIGNING, type: 'secret_text' },
      },
    });
  });

  test('sets all again where the system can’t be asked, and says so', async () => {
    const account = await syncedAccount();
    const ran = await sync(account);
    expect(ran.data()).toMatchObject({ changed: [...WORKER_SECRETS] });
    expect(ran.data()['note']).toContain("can't be compared");
  });

  test('believes no answer to another nonce', async () => {
    const account = await syncedAccount();
    const prints = WORKER_SECRETS.map(async (name) => [
      name,
      await fingerprintOf(BOTH[name], { name, nonce: 'n'.repeat(43) }),
    ]);
    const fingerprints: unknown = Object.fromEntries(await Promise.all(prints));
    const system = [{ path: '/admin/api/secrets/fingerprints', body: { fingerprints } as object }];
    const ran = await sync(account, [], { system });
    expect(ran.data()).toMatchObject({ changed: [...WORKER_SECRETS] });
  });

  test('as a dry run changes nothing', async () => {
    const account = await startAccount();
    const ran = await sync(account, ['--dry-run']);
    expect(ran.data()).toMatchObject({ dryRun: true, added: [...WORKER_SECRETS] });
    expect(account.requests.filter(({ method }) => method !== 'GET')).toEqual([]);
  });
});

describe('a sync is refused', () => {
  test('for local, which makes its own', async () => {
    const ran = await skclaw(['secrets', 'sync', '--env', 'local'], { env: BOTH });
    expect(ran.code).toBe(1);
    expect(ran.error()).toMatchObject({
      code: 'invalid_usage',
      message: 'Secrets are those of a deployed Worker; local has none.',
    });
  });

  test('without a config file', async () => {
    const ran = await skclaw(['secrets', 'sync', '--env', 'production'], { env: BOTH });
    expect(ran).toMatchObject({ code: 1, stdout: '' });
    expect(ran.error().code).toBe('invalid_config');
  });

  test.each([
    ['secrets', 'sync'],
    ['waf', 'apply', '--yes'],
    ['deploy', '--yes'],
  ])('for staging with the file of production: %s %s', async (...argv) => {
    const account = await startAccount();
    const ran = await operate([...argv, '--env', 'staging'], { account, env: BOTH });
    expect(ran).toMatchObject({ code: 1, stdout: '' });
    expect(ran.error().message).toContain('is production’s, and not staging’s');
    expect(account.requests).toEqual([]);
  });

  test('while a version that was uploaded does not serve, with the way out', async () => {
    const account = await syncedAccount();
    account.failNext({ path: '/secrets-bulk', status: 400, code: 10215, message: 'Not deployed' });
    const ran = await sync(account);
    expect(ran).toMatchObject({ code: 1, stdout: '' });
    expect(ran.error().hint).toContain('wrangler versions secret put');
  });

  test('without a token, as not let in', async () => {
    const env = { ...BOTH, CLOUDFLARE_API_TOKEN: undefined };
    const ran = await sync(await startAccount(), [], { env });
    expect(ran).toMatchObject({ code: 2, stdout: '' });
    expect(ran.error().code).toBe('cloud_refused');
  });

  test('for a value that the Worker would not start with, by its name', async () => {
    const account = await startAccount();
    const ran = await sync(account, [], { env: { ...BOTH, SESSION_SIGNING_KEYS: 'canary-short' } });
    expect(ran).toMatchObject({ code: 1, stdout: '' });
    expect(ran.stderr).toContain('SESSION_SIGNING_KEYS must be 1 to 8');
    expect(ran.stderr).not.toContain('canary-short');
    expect(account.requests).toEqual([]);
  });

  test('for a file that is not there, or is none', async () => {
    const account = await startAccount();
    const missing = await sync(account, ['--from', 'none.env']);
    expect(missing.error().message).toBe('There is no file none.env.');
    const broken = await sync(account, ['--from', 'x.env'], { files: { 'x.env': 'hunter2' } });
    expect(broken.error().message).toBe('Line 1 of x.env is no NAME=value.');
  });

  test('by Cloudflare, with no value in what it says', async () => {
    const account = await syncedAccount();
    account.failNext({ path: '/secrets-bulk', status: 400, message: `Bad value ${SIGNING}` });
    const file = `CLOUDFLARE_AI_GATEWAY_API_KEY=${KEY}\nSESSION_SIGNING_KEYS=${SIGNING}`;
    const env = { SESSION_SIGNING_KEYS: undefined, CLOUDFLARE_AI_GATEWAY_API_KEY: undefined };
    const ran = await sync(account, ['--from', 'a.env'], { env, files: { 'a.env': file } });
    expect(ran).toMatchObject({ code: 1, stdout: '' });
    expect(ran.error().message).toContain('Bad value [redacted]');
  });

  test('by an outage, as a failing service', async () => {
    const account = await syncedAccount();
    account.failNext({ path: '/secrets-bulk', status: 500, times: 9 });
    const ran = await sync(account);
    expect(ran).toMatchObject({ code: 3, stdout: '' });
    expect(ran.error().code).toBe('upstream_failed');
  });

  test('for a token that may only read', async () => {
    const account = await syncedAccount();
    const { token } = account.state;
    token.permissions = token.permissions.map((name) =>
      name === 'Workers Scripts Write' ? 'Workers Scripts Read' : name,
    );
    const ran = await sync(account);
    expect(ran).toMatchObject({ code: 2, stdout: '' });
    expect(ran.error().message).toContain('it needs Workers Scripts Edit.');
  });
});

test('what was synced is what env validate then finds', async () => {
  const account = await syncedAccount();
  const ran = await operate(['env', 'validate'], { account, system: HEALTHY_SYSTEM });
  for (const name of WORKER_SECRETS) {
    expect(ran.check(`env.${name}`)?.message).toBe(`The Worker has the secret ${name}.`);
  }
  const without = await startAccount();
  await sync(without, [], { env: { CLOUDFLARE_AI_GATEWAY_API_KEY: KEY } });
  const lacking = await operate(['env', 'validate'], { account: without });
  expect(lacking.check('env.SESSION_SIGNING_KEYS')).toMatchObject({
    status: 'failed',
    fix: 'skclaw secrets sync --env production',
  });
});
