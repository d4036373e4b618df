import type { AgentInspection, TenantView } from '../../contract/api.ts';
import { SEED_POLICY } from '../../contract/seed-policy.ts';
import { sandboxIdOf } from '../../contract/ids.ts';
import { TIER_CONFIG } from '../../contract/tiers.ts';

export const TENANT_ID = '0c9f9e0e-58e0-4f7b-9d5a-3b8f3b1c2d4e';

export const TENANT: TenantView = {
  id: TENANT_ID,
  slug: 'acme',
  platform: 'streamkinetics.com',
  tier: 'premium',
  status: 'active',
  region: null,
  internet: null,
  limits: null,
  effectiveLimits: TIER_CONFIG.premium.limits,
  hostname: 'acme.streamkinetics.com',
  hostnames: ['acme.streamkinetics.com'],
  url: 'https://acme.streamkinetics.com/chat',
  sandboxId: sandboxIdOf(TENANT_ID),
  version: 1,
  appliedVersion: 1,
  state: 'asleep',
  createdAt: Date.UTC(2026, 10, 22),
  updatedAt: Date.UTC(2026, 10, 22),
  deletedAt: null,
};

export const AGENT_STATUS: AgentInspection['agent'] = {
  state: 'asleep',
  since: Date.UTC(2026, 10, 22),
  generation: 3,
  wakeStartedAt: null,
  expectedWakeMs: 9_000,
  timings: [],
  failure: null,
};

export const INSPECTION: AgentInspection = {
  tenantId: TENANT_ID,
  slug: 'acme',
  tier: 'premium',
  status: 'active',
  recordVersion: 1,
  agent: AGENT_STATUS,
  container: { running: false, generation: 3, restored: null },
  sessions: 2,
  openTurns: [],
  connections: 0,
  members: 1,
  due: [{ kind: 'flush', key: '', at: Date.UTC(2026, 10, 23), attempts: 0 }],
  ledger: { open: 0, unsettled: 0, outbox: 0, lastFlushAt: null },
  policy: null,
  limits: {
    may: TIER_CONFIG.premium.limits,
    minute: { start: 0, calls: 0, turns: 0 },
    day: { start: 0, tokens: 0, heldTokens: 0 },
    month: { start: 0, nano: 0, heldNano: 0, percent: 0 },
  },
  snapshots: [],
  schedules: [],
  lastIdleAt: null,
  constructedAt: Date.UTC(2026, 10, 22),
};

/** The charter's own example of a config file, word for word. */
export const CHARTER_CONFIG = {
  accountId: '<cf-account-id>',
  zoneId: '<cf-zone-id>',
  projectName: 'streamkinetics',
  workerName: 'streamkinetics-backend',
  assetsDir: 'dist/client',
  aiGatewayId: 'streamkinetics-gateway',
  aiGatewayAccountId: '<cf-account-id>',
  r2BucketName: 'openclaw-backups',
  kvNamespaceId: '<kv-id>',
  d1DatabaseId: '<d1-id>',
  defaultPlatform: 'streamkinetics.com',
  modelTierMap: {
    free: '@cf/meta/llama-3.1-8b-instruct',
    premium: '@cf/meta/llama-3.3-70b-instruct-fp8-fast',
  },
};

/** A config file with nothing wrong in it. */
export const VALID_CONFIG = {
  ...CHARTER_CONFIG,
  accountId: 'a'.repeat(32),
  zoneId: 'b'.repeat(32),
  aiGatewayAccountId: 'a'.repeat(32),
  kvNamespaceId: 'c'.repeat(32),
  d1DatabaseId: TENANT_ID,
  accessTeamDomain: 'team.cloudflareaccess.com',
  accessAud: 'd'.repeat(64),
  modelTierMap: { free: '@cf/zai-org/glm-4.7-flash', premium: '@cf/moonshotai/kimi-k2.6' },
};

/** A wrangler.jsonc that fits VALID_CONFIG in production, every id written out. */
export const WRANGLER = `{
  // Comments and trailing commas are what wrangler allows.
  "name": "streamkinetics-backend",
  "assets": { "directory": "./dist/client/", "binding": "ASSETS" },
  "migrations": [{ "tag": "v1", "new_sqlite_classes": ["TenantAgent"] }],
  "triggers": { "crons": ["*/5 * * * *"] },
  "env": { "production": {
    "name": "streamkinetics-backend",
    "routes": [
      { "pattern": "streamkinetics.com/*", "zone_id": "${'b'.repeat(32)}" },
      { "pattern": "*.streamkinetics.com/*", "zone_id": "${'b'.repeat(32)}" },
    ],
    "containers": [{
      "class_name": "TenantAgent",
      "scheduling_policy": "durable_object",
      "images": { "agent": { "dockerfile": "./sandbox/Dockerfile" } },
    }],
    "durable_objects": { "bindings": [{ "name": "TENANT_AGENT", "class_name": "TenantAgent" }] },
    "d1_databases": [{ "binding": "DB", "database_id": "${TENANT_ID}" }],
    "kv_namespaces": [{ "binding": "DIRECTORY", "id": "${'c'.repeat(32)}" }],
    "r2_buckets": [{ "binding": "SNAPSHOTS", "bucket_name": "openclaw-backups" }],
    "version_metadata": { "binding": "CF_VERSION_METADATA" },
    "ratelimits": [
      { "name": "SIGN_IN_LIMIT" }, { "name": "REFUSAL_LIMIT" }, { "name": "PUBLIC_LIMIT" },
    ],
    "vars": {
      "CF_AI_GATEWAY_ACCOUNT_ID": "${'a'.repeat(32)}",
      "CF_AI_GATEWAY_GATEWAY_ID": "streamkinetics-gateway",
      "CF_AI_GATEWAY_MODEL": "@cf/zai-org/glm-4.7-flash",
      "CF_ACCESS_TEAM_DOMAIN": "team.cloudflareaccess.com",
      "CF_ACCESS_AUD": "${'d'.repeat(64)}",
      "DEV_MODE": "false",
      "DEBUG_ROUTES": "false",
    },
  } },
}`;

/** The policy in force, as the system shows it: the one it starts with. */
export const ACTIVE_POLICY = {
  ...SEED_POLICY,
  author: 'system',
  note: 'The first one.',
  createdAt: 0,
  active: true,
  previous: null,
  activatedAt: 0,
};

/** What a system answers that is healthy, governed, and has an admin. */
export const HEALTHY_SYSTEM: { path: string; body: object }[] = [
  {
    path: '/admin/api/health',
    body: { ok: true, checks: [{ name: 'D1', ok: true, message: 'Answers.', fix: null, ms: 3 }] },
  },
  { path: '/admin/api/routing/policies/active', body: ACTIVE_POLICY },
  {
    path: '/admin/api/operators',
    body: {
      operators: [
        {
          subject: 'admin@example.com',
          kind: 'person',
          role: 'admin',
          source: 'stored',
          createdBy: null,
          createdAt: null,
        },
      ],
    },
  },
];
