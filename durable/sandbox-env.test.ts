import { expect, it } from 'vitest';
import type { TenantRecord } from '../contract/agent.ts';
import { SEED_POLICY } from '../contract/seed-policy.ts';
import { sandboxEnv } from './sandbox-env.ts';
import { INITIAL_WAKE, type WakeState } from './wake.ts';

const record: TenantRecord = {
  id: '5f0c2a1e-7a51-4b57-9d3a-0a4c3c0c9a11',
  slug: 'acme',
  platform: 'streamkinetics.com',
  tier: 'premium',
  status: 'active',
  hostnames: ['acme.streamkinetics.com'],
  internet: null,
  limits: null,
  version: 1,
};
const wake: WakeState = {
  ...INITIAL_WAKE,
  generation: 4,
  tokens: { supervisor: 'of-this-generation', gateway: 'also-of-it' },
  restore: { id: 'snap', size: 3, sha256: 'b'.repeat(64) },
};
const make = (changed: { record?: Partial<TenantRecord>; wake?: Partial<WakeState> } = {}) =>
  sandboxEnv({
    wake: { ...wake, ...changed.wake },
    record: { ...record, ...changed.record },
    policy: SEED_POLICY,
    safeTools: false,
  });
const settings = (env: Record<string, string>): unknown => JSON.parse(env['SK_OPENCLAW'] ?? '');

it('holds these names and no others: a new one is a decision about what a container may know', () => {
  expect(Object.keys(make()).toSorted()).toEqual([
    'OPENCLAW_GATEWAY_TOKEN',
    'SK_GENERATION',
    'SK_MODELS_URL',
    'SK_OPENCLAW',
    'SK_RESTORE',
    'SK_STATE_URL',
    'SK_SUPERVISOR_TOKEN',
    'SK_TENANT_ID',
  ]);
});

it('reaches models and state only through hosts that exist inside the container', () => {
  const env = make();
  expect([env['SK_MODELS_URL'], env['SK_STATE_URL']]).toEqual([
    'http://models.internal/v1',
    'http://state.internal/snapshot',
  ]);
});

it('names the restore point, or says that there is none', () => {
  expect(JSON.parse(make()['SK_RESTORE'] ?? '')).toEqual(wake.restore);
  expect(make({ wake: { restore: null } })['SK_RESTORE']).toBe('');
});

it('offers OpenClaw the workloads as models, sized by their route', () => {
  expect(settings(make())).toEqual({
    models: [
      { id: 'chat', contextWindow: 262_144, maxTokens: 8_192 },
      { id: 'summarize', contextWindow: 131_072, maxTokens: 4_096 },
      { id: 'monitor', contextWindow: 131_072, maxTokens: 4_096 },
    ],
    defaultModel: 'chat',
    tools: 'full',
    web: false,
    memoryMb: 6_144,
  });
});

it('gives web tools only to a tenant that has the internet', () => {
  expect(settings(make({ record: { internet: true } }))).toMatchObject({ web: true });
  expect(settings(make({ record: { internet: false } }))).toMatchObject({ web: false });
});
