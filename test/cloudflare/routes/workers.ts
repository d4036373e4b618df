import { found, Refusal, type Call, type Handlers } from '../call.ts';
import { now, type Binding, type Version, type Worker } from '../state.ts';
import {
  addVersion,
  deploy,
  ensureWorker,
  liveDeployment,
  migrate,
  versionOf,
  type UploadMetadata,
} from '../worker-releases.ts';

const MISSING = 'This Worker does not exist on your account.';

export function workerOf({ state, path }: Call, name = 'script_name'): Worker {
  return found(state.workers.get(path[name] ?? ''), 10007, MISSING);
}

const secretBindings = (version: Version): Binding[] =>
  Object.keys(version.secrets).map((name) => ({ name, type: 'secret_text' }));

function metadataOf({ created_on, source }: Version): Record<string, unknown> {
  return {
    created_on,
    modified_on: created_on,
    source,
    author_email: 'operator@example.com',
    hasPreview: false,
    has_preview: false,
  };
}

function versionAnswer(version: Version): Record<string, unknown> {
  return {
    id: version.id,
    number: version.number,
    metadata: metadataOf(version),
    annotations: version.annotations,
    resources: {
      bindings: [...version.bindings, ...secretBindings(version)],
      script: { etag: version.id, handlers: ['fetch'], last_deployed_from: 'wrangler' },
      script_runtime: {
        compatibility_date: version.compatibilityDate,
        migration_tag: version.migrationTag,
        usage_model: 'standard',
        ...(version.containers.length > 0 && { containers: version.containers }),
      },
    },
  };
}

function upload(call: Call): { metadata: UploadMetadata; modules: string[]; source: string } {
  const modules = [...(call.form?.keys() ?? [])].filter((name) => name !== 'metadata');
  const metadata = call.body as UploadMetadata;
  if (!metadata.main_module || !modules.includes(metadata.main_module)) {
    throw new Refusal(400, 10021, `No such module: ${metadata.main_module ?? ''}`);
  }
  return { metadata, modules, source: 'wrangler' };
}

const deploymentAnswer = (deployment: object) => ({ ...deployment, source: 'wrangler' });

export const workerHandlers: Handlers = {
  'workers.scripts.scripts.list': ({ state }) =>
    [...state.workers.values()].map(({ name, tag, migrationTag, versions }) => ({
      id: name,
      tag,
      migration_tag: migrationTag,
      created_on: versions[0]?.created_on,
      modified_on: versions.at(-1)?.created_on,
    })),
  // Uploads and deploys in one step; only this applies Durable Object migrations.
  'workers.scripts.scripts.update': (call) => {
    const given = upload(call);
    const worker = ensureWorker(call.state, call.path.script_name ?? '');
    if (given.metadata.migrations) migrate(call.state, worker, given.metadata.migrations);
    const version = addVersion(call.state, worker, given);
    deploy(worker, { versions: [{ version_id: version.id, percentage: 100 }], force: true });
    return {
      id: worker.name,
      tag: worker.tag,
      etag: version.id,
      // The version's id without hyphens, by an old name.
      deployment_id: version.id.replaceAll('-', ''),
      startup_time_ms: 7,
      created_on: version.created_on,
      modified_on: version.created_on,
    };
  },
  'wrangler.services.get': (call) => {
    const worker = found(
      call.state.workers.get(call.path.service_name ?? ''),
      10090,
      'workers.api.error.service_not_found',
    );
    return {
      id: worker.name,
      default_environment: {
        environment: 'production',
        script: {
          id: worker.name,
          tag: worker.tag,
          tags: worker.settings.tags,
          migration_tag: worker.migrationTag ?? undefined,
          last_deployed_from: worker.lastDeployedFrom,
        },
      },
    };
  },
  'workers.scripts.versions.list': (call) => {
    const items = workerOf(call)
      .versions.toReversed()
      .map((version) => ({
        id: version.id,
        number: version.number,
        metadata: metadataOf(version),
        annotations: version.annotations,
      }));
    return { items };
  },
  'workers.scripts.versions.create': (call) => {
    const worker = workerOf(call);
    const given = upload(call);
    if (given.metadata.migrations) {
      throw new Refusal(
        400,
        10211,
        'Version upload failed. A Worker with Durable Object migrations has to be deployed.',
      );
    }
    return { ...versionAnswer(addVersion(call.state, worker, given)), startup_time_ms: 7 };
  },
  'workers.scripts.versions.get': (call) =>
    versionAnswer(versionOf(workerOf(call), call.path.version_id)),
  // Newest first: the first one is live.
  'workers.scripts.deployments.list': (call) => ({
    deployments: workerOf(call).deployments.toReversed().map(deploymentAnswer),
  }),
  'workers.scripts.deployments.create': (call) => {
    const body = call.body as {
      versions: { version_id: string; percentage: number }[];
      annotations?: Record<string, string>;
    };
    const force = call.query.get('force') === 'true';
    return deploymentAnswer(deploy(workerOf(call), { ...body, force }));
  },
  'workers.scripts.deployments.get': (call) => {
    const { deployments } = workerOf(call);
    const deployment = deployments.find(({ id }) => id === call.path.deployment_id);
    return deploymentAnswer(found(deployment, 10222, 'Deployment not found'));
  },
  'workers.scripts.settings.get': (call) => workerOf(call).settings,
  'workers.scripts.settings.edit': (call) => Object.assign(workerOf(call).settings, call.body),
  'workers.scripts.script-and-version-settings.get': (call) => {
    const worker = workerOf(call);
    const version = worker.versions.find(
      ({ id }) => id === liveDeployment(worker)?.versions[0]?.version_id,
    );
    return {
      bindings: version ? [...version.bindings, ...secretBindings(version)] : [],
      compatibility_date: version?.compatibilityDate,
      migration_tag: worker.migrationTag,
      ...worker.settings,
    };
  },
  'workers.scripts.schedules.get': (call) => schedules(workerOf(call)),
  'workers.scripts.schedules.update': (call) => {
    const worker = workerOf(call);
    worker.crons = (call.body as { cron: string }[]).map(({ cron }) => cron);
    return schedules(worker);
  },
  'workers.scripts.subdomain.get': (call) => workerOf(call).subdomain,
  'workers.scripts.subdomain.create': (call) => Object.assign(workerOf(call).subdomain, call.body),
  // By its name too; what wrangler reads is the subdomain.
  'workers.beta.workers.workers.get': (call) => {
    const worker = workerOf(call, 'worker_id');
    const { name, tag, subdomain, settings } = worker;
    return {
      id: tag,
      name,
      subdomain,
      ...settings,
      references: {},
      created_on: now(),
      updated_on: now(),
    };
  },
  'workers.subdomains.get': ({ state }) => {
    if (state.workersDevSubdomain === null)
      throw new Refusal(404, 10007, 'no workers.dev subdomain');
    return { subdomain: state.workersDevSubdomain };
  },
  'workers.domains.list': () => [],
  'durable-objects.namespaces.namespaces.list': ({ state }) => state.namespaces,
};

function schedules({ crons }: Worker) {
  return { schedules: crons.map((cron) => ({ cron, created_on: now(), modified_on: now() })) };
}
