import { idOf, type CloudflareState, type Version, type Worker } from './state.ts';
import { addVersion, deploy, ensureWorker, migrate } from './worker-releases.ts';

export interface Seed {
  name?: string;
  /** By name. */
  secrets?: Record<string, string>;
  routes?: string[];
}

const SECRETS = {
  CLOUDFLARE_AI_GATEWAY_API_KEY: 'seeded-ai-gateway-key',
  SESSION_SIGNING_KEYS: 'seeded-session-signing-key-of-43-characters',
};
const ROUTES = ['streamkinetics.com/*', '*.streamkinetics.com/*'];

/** Adds a version to a Worker of an account, without deploying it. */
export function seedVersion(
  state: CloudflareState,
  worker: Worker,
  secrets: Record<string, string> = {},
): Version {
  const texts = Object.entries(secrets).map(([name, text]) => ({
    name,
    type: 'secret_text',
    text,
  }));
  return addVersion(state, worker, {
    metadata: {
      main_module: 'worker.js',
      compatibility_date: '2026-11-01',
      keep_bindings: ['secret_text'],
      // Versions that share a Worker's requests must name the same container applications.
      containers: [
        {
          name: `${worker.name}-agents`,
          class_name: 'TenantAgent',
          images: {
            agent: `registry.cloudflare.com/${state.accountId}/agents@sha256:${'0'.repeat(64)}`,
          },
        },
      ],
      bindings: [
        { name: 'TENANT_AGENT', type: 'durable_object_namespace', class_name: 'TenantAgent' },
        ...texts,
      ],
    },
    modules: ['worker.js'],
    source: 'wrangler',
  });
}

/** An account where the platform serves already: one version, live, with its agents' containers. */
export function seedWorker(state: CloudflareState, seed: Seed = {}): Worker {
  const { name = 'streamkinetics-backend', secrets = SECRETS, routes = ROUTES } = seed;
  const worker = ensureWorker(state, name);
  migrate(state, worker, { new_tag: 'v1', steps: [{ new_sqlite_classes: ['TenantAgent'] }] });
  const { id } = seedVersion(state, worker, secrets);
  deploy(worker, { versions: [{ version_id: id, percentage: 100 }], force: false });
  const [zone] = state.zones.values();
  for (const pattern of routes) {
    zone?.routes.push({ id: idOf(pattern), pattern, script: name });
  }
  worker.crons = ['*/5 * * * *'];
  const namespace = state.namespaces.find(({ script }) => script === name);
  if (namespace) {
    state.containerApplications.push({
      id: namespace.id,
      name: `${name}-agents`,
      scheduling_policy: 'durable_object',
      durable_objects: { namespace_id: namespace.id },
    });
  }
  return worker;
}
