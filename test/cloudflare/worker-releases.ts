import { randomUUID } from 'node:crypto';
import { Refusal } from './call.ts';
import {
  now,
  type Binding,
  type CloudflareState,
  type ContainerOfVersion,
  type Deployment,
  type Version,
  type Worker,
} from './state.ts';

export interface Migrations {
  old_tag?: string;
  new_tag?: string;
  steps?: { new_sqlite_classes?: string[]; new_classes?: string[]; deleted_classes?: string[] }[];
}

/** What an upload's `metadata` says, as far as it matters here. */
export interface UploadMetadata {
  main_module?: string;
  compatibility_date?: string;
  bindings?: (Binding & { text?: string; class_name?: string; script_name?: string })[];
  keep_bindings?: string[];
  annotations?: Record<string, string>;
  migrations?: Migrations;
  containers?: ContainerOfVersion[];
  assets?: { jwt?: string };
}

const SECRETS = new Set(['secret_text', 'secret_key']);

export const liveDeployment = (worker: Worker): Deployment | undefined => worker.deployments.at(-1);

export function versionOf(worker: Worker, id: string | undefined): Version {
  const version = worker.versions.find((each) => each.id === id);
  if (!version)
    throw new Refusal(404, 10212, `The requested Worker version could not be found: ${id}`);
  return version;
}

/** Makes the Worker that an upload names, if there is none. */
export function ensureWorker(state: CloudflareState, name: string): Worker {
  const known = state.workers.get(name);
  if (known) return known;
  const worker: Worker = {
    name,
    tag: randomUUID().replaceAll('-', ''),
    versions: [],
    deployments: [],
    secretValues: [],
    migrationTag: null,
    lastDeployedFrom: 'wrangler',
    crons: [],
    subdomain: { enabled: false, previews_enabled: false },
    settings: { logpush: false, tail_consumers: [], tags: [], observability: { enabled: false } },
  };
  state.workers.set(name, worker);
  return worker;
}

/** Sets secrets (null deletes one) on a copy of what a version has. */
export function withSecrets(
  worker: Worker,
  before: Version['secrets'],
  changes: Record<string, string | null>,
): Version['secrets'] {
  const secrets = { ...before };
  for (const [name, value] of Object.entries(changes)) {
    if (value === null) delete secrets[name];
    else secrets[name] = worker.secretValues.push({ name, value });
  }
  return secrets;
}

/** Applies Durable Object migrations, as an upload that is deployed at once does. */
export function migrate(state: CloudflareState, worker: Worker, migrations: Migrations): void {
  if ((migrations.old_tag ?? null) !== worker.migrationTag) {
    throw new Refusal(
      412,
      10079,
      `Migration tag precondition failed; current tag is '${worker.migrationTag ?? ''}'`,
    );
  }
  for (const step of migrations.steps ?? []) {
    for (const name of [...(step.new_sqlite_classes ?? []), ...(step.new_classes ?? [])]) {
      state.namespaces.push({
        id: randomUUID().replaceAll('-', ''),
        name: `${worker.name}_${name}`,
        script: worker.name,
        class: name,
        use_sqlite: step.new_sqlite_classes?.includes(name) ?? false,
      });
    }
    for (const name of step.deleted_classes ?? []) {
      const at = state.namespaces.findIndex(
        (each) => each.script === worker.name && each.class === name,
      );
      if (at >= 0) state.namespaces.splice(at, 1);
    }
  }
  worker.migrationTag = migrations.new_tag ?? worker.migrationTag;
}

/** Bindings of Durable Objects know their namespace, which must be there. */
function resolveBinding(state: CloudflareState, worker: Worker, binding: Binding): Binding {
  if (binding.type === 'durable_object_namespace') {
    const script = (binding.script_name as string | undefined) ?? worker.name;
    const namespace = state.namespaces.find(
      (each) => each.script === script && each.class === binding.class_name,
    );
    if (!namespace) {
      throw new Refusal(
        400,
        10061,
        `Cannot create binding for class ${String(binding.class_name)} because it is not currently configured to implement Durable Objects. Did you forget to apply a migration?`,
      );
    }
    return { ...binding, namespace_id: namespace.id };
  }
  const isMissing =
    (binding.type === 'd1' && !state.d1.has(String(binding.id ?? binding.database_id))) ||
    (binding.type === 'kv_namespace' && !state.kv.has(String(binding.namespace_id))) ||
    (binding.type === 'r2_bucket' && !state.r2.has(String(binding.bucket_name)));
  if (!isMissing) return binding;
  const { name, type } = binding;
  throw new Refusal(
    400,
    10021,
    `binding ${name} of type ${type} must have a valid \`id\` specified`,
  );
}

/** Stores an upload as the Worker's newest version, deployed or not. */
export function addVersion(
  state: CloudflareState,
  worker: Worker,
  upload: { metadata: UploadMetadata; modules: string[]; source: string },
): Version {
  const { metadata } = upload;
  const before = worker.versions.at(-1);
  const given = metadata.bindings ?? [];
  const kept = metadata.keep_bindings?.some((type) => SECRETS.has(type))
    ? (before?.secrets ?? {})
    : {};
  const inherited: Binding[] = [];
  for (const { name, type } of given) {
    if (type !== 'inherit') continue;
    const binding = before?.bindings.find((each) => each.name === name);
    if (!binding && before?.secrets[name] === undefined) {
      throw new Refusal(400, 10057, `binding ${name} cannot be inherited: it does not exist`);
    }
    if (binding) inherited.push(binding);
  }
  const texts = given
    .filter(({ type }) => SECRETS.has(type))
    .map(({ name, text }) => [name, text ?? '']);
  const version: Version = {
    id: randomUUID(),
    number: (before?.number ?? 0) + 1,
    created_on: now(),
    annotations: metadata.annotations ?? {},
    source: upload.source,
    mainModule: metadata.main_module ?? '',
    modules: upload.modules,
    compatibilityDate: metadata.compatibility_date ?? null,
    bindings: [
      ...given
        .filter(({ type }) => type !== 'inherit' && !SECRETS.has(type))
        .map((binding) => resolveBinding(state, worker, binding)),
      ...inherited,
    ],
    secrets: withSecrets(worker, kept, Object.fromEntries(texts) as Record<string, string>),
    containers: metadata.containers ?? [],
    migrationTag: worker.migrationTag,
    assets: metadata.assets?.jwt === undefined ? null : readManifest(metadata.assets.jwt),
  };
  worker.versions.push(version);
  return version;
}

/** The scripted completion token of an asset upload is its manifest. */
export const signManifest = (paths: string[]): string =>
  `scripted.${Buffer.from(JSON.stringify(paths)).toString('base64url')}.token`;

function readManifest(jwt: string): string[] {
  return JSON.parse(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString()) as string[];
}

/** Makes these versions what is live. Refuses what Cloudflare refuses. */
export function deploy(
  worker: Worker,
  request: {
    versions: { version_id: string; percentage: number }[];
    annotations?: Record<string, string>;
    force: boolean;
  },
): Deployment {
  const total = request.versions.reduce((sum, { percentage }) => sum + percentage, 0);
  if (Math.abs(total - 100) > 0.001) {
    throw new Refusal(400, 10205, 'The percentages of a deployment must add up to 100');
  }
  const versions = request.versions.map(({ version_id: id }) => versionOf(worker, id));
  checkSecrets(worker, versions, request.force);
  const stale = versions.find(({ migrationTag }) => migrationTag !== worker.migrationTag);
  if (stale) {
    // Cloudflare, "Rollbacks": a Durable Object migration since the version makes it undeployable.
    throw new Refusal(400, 10218, `Version ${stale.id} is from before a Durable Object migration`);
  }
  const deployment: Deployment = {
    id: randomUUID(),
    created_on: now(),
    strategy: 'percentage',
    versions: request.versions.map(({ version_id, percentage }) => ({ version_id, percentage })),
    annotations: request.annotations ?? {},
  };
  worker.deployments.push(deployment);
  return deployment;
}

/**
 * A version made before a secret was changed would bring the old value back: Cloudflare's error 10220,
 * passed by `force`. wrangler rollback reads the names out of this very message.
 */
function checkSecrets(worker: Worker, versions: readonly Version[], force: boolean): void {
  const live =
    liveDeployment(worker)?.versions.map((each) => versionOf(worker, each.version_id)) ?? [];
  const newest = live.toSorted((a, b) => a.number - b.number).at(-1);
  if (!newest || force) return;
  const changed = versions
    .filter(({ number }) => number < newest.number)
    .filter((older) => !live.includes(older))
    .flatMap((older) =>
      [...new Set([...Object.keys(older.secrets), ...Object.keys(newest.secrets)])].filter(
        (name) => older.secrets[name] !== newest.secrets[name],
      ),
    );
  if (changed.length === 0) return;
  throw new Refusal(400, 10220, `The following secrets have changed: ${changed.join(', ')}`);
}
