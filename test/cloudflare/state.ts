import { DatabaseSync } from 'node:sqlite';

/** 32 hex digits, as most of Cloudflare's ids: the same for the same name, so that tests can read them. */
export function idOf(name: string): string {
  return Buffer.from(name).toString('hex').padEnd(32, '0').slice(0, 32);
}

const hex = (value: number, digits: number): string => value.toString(16).padStart(digits, '0');

/** A UUID that tells what it is of: `0xd1` for databases, `0xacce55` for Access applications. */
export function uuidOf(kind: number, number: number): string {
  return `${hex(kind, 8)}-0000-4000-8000-${hex(number, 12)}`;
}

export const now = (): string => new Date().toISOString();

export interface ApiToken {
  value: string;
  id: string;
  /** Account-owned tokens are verified under /accounts, users' under /user. */
  owner: 'user' | 'account';
  status: 'active' | 'disabled' | 'expired';
  /** Names of permission groups, such as `Workers Scripts Write`; each Write allows reading too. */
  permissions: string[];
}

export interface Rule extends Record<string, unknown> {
  id: string;
  version: string;
}

export interface Ruleset {
  id: string;
  name: string;
  kind: string;
  phase: string;
  version: string;
  last_updated: string;
  rules: Rule[];
}

export interface Zone {
  id: string;
  name: string;
  status: string;
  plan: 'free' | 'pro' | 'business' | 'enterprise';
  /** The zone's own rulesets by phase: none in a zone where nobody set any up. */
  rulesets: Map<string, Ruleset>;
  routes: { id: string; pattern: string; script: string }[];
}

export interface Binding extends Record<string, unknown> {
  name: string;
  type: string;
}

export interface ContainerOfVersion {
  name: string;
  class_name: string;
  images?: Record<string, string>;
}

export interface Version {
  id: string;
  number: number;
  created_on: string;
  annotations: Record<string, string>;
  source: string;
  mainModule: string;
  modules: string[];
  compatibilityDate: string | null;
  /** Without secrets, whose names stand in `secretNames`. */
  bindings: Binding[];
  /** The number of the write that set each secret's value, by the secret's name. */
  secrets: Record<string, number>;
  containers: ContainerOfVersion[];
  migrationTag: string | null;
  assets: string[] | null;
}

export interface Deployment {
  id: string;
  created_on: string;
  strategy: 'percentage';
  versions: { version_id: string; percentage: number }[];
  annotations: Record<string, string>;
}

export interface Worker {
  name: string;
  tag: string;
  /** Newest last. */
  versions: Version[];
  /** Newest last; the last one is live. */
  deployments: Deployment[];
  /** Every value a secret was ever set to, by the number of its write: kept apart from all answers. */
  secretValues: { name: string; value: string }[];
  migrationTag: string | null;
  lastDeployedFrom: 'wrangler' | 'dash' | 'api';
  crons: string[];
  subdomain: { enabled: boolean; previews_enabled: boolean };
  settings: Record<string, unknown>;
}

export interface Namespace {
  id: string;
  name: string;
  script: string;
  class: string;
  use_sqlite: boolean;
}

export interface ContainerApplication extends Record<string, unknown> {
  id: string;
  name: string;
  scheduling_policy: string;
}

export interface AiGateway extends Record<string, unknown> {
  id: string;
}

export interface ModelRequest {
  model: string;
  gateway: string | null;
}

export interface AccessApp extends Record<string, unknown> {
  id: string;
  name: string;
  aud: string;
  domain: string;
}

/** An account as it stands: tests write what is there before, and read what came of it. */
export interface CloudflareState {
  accountId: string;
  accountName: string;
  token: ApiToken;
  zones: Map<string, Zone>;
  d1: Map<string, { uuid: string; name: string; sqlite: DatabaseSync }>;
  kv: Map<string, { id: string; title: string }>;
  r2: Map<string, { name: string; creation_date: string }>;
  aiGateways: Map<string, AiGateway>;
  aiLogs: (Record<string, unknown> & { id: string; gateway: string })[];
  /** What was asked of Workers AI, and what it answers: text, unless a test says otherwise. */
  modelRequests: ModelRequest[];
  models: Set<string>;
  accessApps: AccessApp[];
  serviceTokens: { id: string; name: string; client_id: string; expires_at: string }[];
  workers: Map<string, Worker>;
  namespaces: Namespace[];
  containerApplications: ContainerApplication[];
  preparedImages: string[];
  /** Hashes of asset files that were uploaded, with their bytes in base64. */
  assets: Map<string, string>;
  workersDevSubdomain: string | null;
  worker(name: string): Worker;
}

/** What env validate and deploy need, as the documentation of API tokens names it. */
const ALL_PERMISSIONS = [
  'API Tokens Read',
  'Account Settings Read',
  'Workers Scripts Write',
  'Workers Routes Write',
  'Workers KV Storage Write',
  'Workers R2 Storage Write',
  'D1 Write',
  'AI Gateway Write',
  'AI Gateway Run',
  'Workers AI Write',
  'Access: Apps and Policies Write',
  'Access: Service Tokens Write',
  'Containers Write',
  'Zone Read',
  'Zone WAF Write',
] as const;

/** An empty account with a token that may do everything here. */
function emptyAccount(): CloudflareState {
  const workers = new Map<string, Worker>();
  return {
    accountId: idOf('account'),
    accountName: 'StreamKinetics',
    token: {
      value: 'test-api-token-of-the-scripted-account',
      id: idOf('token'),
      owner: 'user',
      status: 'active',
      permissions: [...ALL_PERMISSIONS],
    },
    zones: new Map(),
    d1: new Map(),
    kv: new Map(),
    r2: new Map(),
    aiGateways: new Map(),
    aiLogs: [],
    modelRequests: [],
    models: new Set(['@cf/zai-org/glm-4.7-flash', '@cf/meta/llama-3.3-70b-instruct-fp8-fast']),
    accessApps: [],
    serviceTokens: [],
    workers,
    namespaces: [],
    containerApplications: [],
    preparedImages: [],
    assets: new Map(),
    workersDevSubdomain: 'streamkinetics',
    worker(name) {
      const worker = workers.get(name);
      if (!worker) throw new Error(`There is no Worker ${name}`);
      return worker;
    },
  };
}

/** An account with everything that a deploy of the platform needs, and no Worker yet. */
export function preparedAccount(): CloudflareState {
  const state = emptyAccount();
  const zoneId = idOf('zone');
  const zone: Zone = {
    id: zoneId,
    name: 'streamkinetics.com',
    status: 'active',
    plan: 'pro',
    rulesets: new Map(),
    routes: [],
  };
  state.zones.set(zoneId, zone);
  const uuid = uuidOf(0xd1, 1);
  state.d1.set(uuid, { uuid, name: 'streamkinetics', sqlite: new DatabaseSync(':memory:') });
  state.kv.set(idOf('kv'), { id: idOf('kv'), title: 'streamkinetics-directory' });
  state.r2.set('openclaw-backups', { name: 'openclaw-backups', creation_date: now() });
  state.aiGateways.set('streamkinetics-gateway', newAiGateway('streamkinetics-gateway'));
  state.accessApps.push({
    id: uuidOf(0xacce55, 1),
    name: 'streamkinetics admin',
    type: 'self_hosted',
    aud: idOf('access-aud').repeat(2),
    domain: 'streamkinetics.com/admin',
    destinations: [
      { type: 'public', uri: 'streamkinetics.com/admin' },
      { type: 'public', uri: 'api.streamkinetics.com/admin' },
    ],
  });
  return state;
}

/** A gateway that collects logs and deletes the oldest, which is what the platform needs. */
export function newAiGateway(id: string): AiGateway {
  return {
    id,
    cache_invalidate_on_update: false,
    cache_ttl: 0,
    collect_logs: true,
    created_at: now(),
    modified_at: now(),
    rate_limiting_interval: 0,
    rate_limiting_limit: 0,
    rate_limiting_technique: 'fixed',
    authentication: true,
    log_management: 10_000_000,
    log_management_strategy: 'DELETE_OLDEST',
  };
}
