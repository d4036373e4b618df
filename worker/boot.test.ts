import { describe, expect, it } from 'vitest';
import { configProblems } from './boot.ts';

const fn = (): void => undefined;
const bindings = {
  DB: { prepare: fn, batch: fn },
  DIRECTORY: { get: fn, put: fn, getWithMetadata: fn },
  SNAPSHOTS: { head: fn, put: fn, createMultipartUpload: fn },
  TENANT_AGENT: { idFromName: fn, get: fn },
  ASSETS: { fetch: fn },
  SIGN_IN_LIMIT: { limit: fn },
  REFUSAL_LIMIT: { limit: fn },
  PUBLIC_LIMIT: { limit: fn },
};
const KEY = 'k'.repeat(43);
const production = {
  ...bindings,
  SESSION_SIGNING_KEYS: `${KEY}, ${KEY}`,
  PLATFORMS: 'streamkinetics.com,other.example',
  CLOUDFLARE_AI_GATEWAY_API_KEY: 'a-token-of-the-api',
  CF_AI_GATEWAY_ACCOUNT_ID: '0123456789abcdef'.repeat(2),
  CF_AI_GATEWAY_GATEWAY_ID: 'streamkinetics-gateway',
  CF_AI_GATEWAY_MODEL: '@cf/zai-org/glm-4.7-flash',
  CF_ACCESS_TEAM_DOMAIN: 'team.cloudflareaccess.com',
  CF_ACCESS_AUD: 'ab'.repeat(32),
  ACCESS_ADMINS: '',
  DEV_MODE: 'false',
  DEBUG_ROUTES: 'false',
};
const dev = {
  ...production,
  DEV_MODE: 'true',
  CF_AI_GATEWAY_ACCOUNT_ID: 'local',
  CF_ACCESS_TEAM_DOMAIN: '',
  CF_ACCESS_AUD: '',
  AI_GATEWAY_BASE_URL: 'http://127.0.0.1:8790/client/v4',
  IDLE_MS_OVERRIDE: '60000',
};

describe('configProblems', () => {
  it('finds nothing wrong where nothing is', () => {
    expect(configProblems(production)).toEqual([]);
    expect(configProblems({ ...production, CF_ACCESS_TEAM_DOMAIN: 'team' })).toEqual([]);
    expect(configProblems(dev)).toEqual([]);
  });

  it.each(Object.keys(production))('misses %s', (name) => {
    const problems = configProblems({ ...production, [name]: undefined });
    expect(problems.some((problem) => problem.startsWith(`${name}: `))).toBe(true);
  });

  it('sees a binding of the wrong kind', () => {
    expect(configProblems({ ...production, DB: bindings.DIRECTORY })).toEqual([
      'DB: is bound, but not to a D1 database.',
    ]);
  });

  it.each([
    ['SESSION_SIGNING_KEYS', ''],
    ['SESSION_SIGNING_KEYS', 'k'.repeat(42)],
    ['SESSION_SIGNING_KEYS', `${KEY},short`],
    ['SESSION_SIGNING_KEYS', `${'k'.repeat(42)}=`],
    ['PLATFORMS', ''],
    ['PLATFORMS', 'StreamKinetics.com'],
    ['PLATFORMS', 'https://streamkinetics.com'],
    ['CLOUDFLARE_AI_GATEWAY_API_KEY', 'with space'],
    ['CF_AI_GATEWAY_ACCOUNT_ID', 'local'],
    ['CF_AI_GATEWAY_GATEWAY_ID', 'a/../b'],
    ['CF_AI_GATEWAY_MODEL', '@cf/meta/llama-3.1-8b-instruct'],
    ['CF_AI_GATEWAY_MODEL', 'gpt-4'],
    ['CF_ACCESS_TEAM_DOMAIN', ''],
    ['CF_ACCESS_TEAM_DOMAIN', 'team.evil.example'],
    ['CF_ACCESS_AUD', ''],
    ['CF_ACCESS_AUD', 'nothex'],
    ['DEV_MODE', 'yes'],
    ['DEBUG_ROUTES', '1'],
    ['AI_GATEWAY_BASE_URL', 'https://api.example'],
    ['ACCESS_CERTS_URL', 'http://127.0.0.1:1/certs'],
    ['IDLE_MS_OVERRIDE', '1000'],
  ])('refuses %s = %j in production, and does not repeat it', (name, value) => {
    const problems = configProblems({ ...production, [name]: value });
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(new RegExp(`^${name}: `));
    if (value.length > 3) expect(problems[0]).not.toContain(value);
  });

  it.each([
    ['AI_GATEWAY_BASE_URL', 'ftp://x'],
    ['AI_GATEWAY_BASE_URL', 'http://x/'],
    ['ACCESS_CERTS_URL', 'http://x/'],
    ['IDLE_MS_OVERRIDE', 'soon'],
    ['CF_ACCESS_AUD', 'nothex'],
  ])('refuses %s = %j with DEV_MODE too', (name, value) => {
    expect(configProblems({ ...dev, [name]: value })).toHaveLength(1);
  });
});
