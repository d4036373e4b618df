import { found, Refusal, type Call, type Handlers } from '../call.ts';
import type { Version, Worker } from '../state.ts';
import { addVersion, deploy, liveDeployment, withSecrets } from '../worker-releases.ts';
import { workerOf } from './workers.ts';

/** The newest version, which must be what is live. */
function liveVersion(worker: Worker): Version {
  const newest = worker.versions.at(-1);
  const live = liveDeployment(worker)?.versions ?? [];
  if (newest && live.length === 1 && live[0]?.version_id === newest.id) return newest;
  // So a secret cannot be set while a release is half out.
  throw new Refusal(
    400,
    10215,
    "Secret edit failed. You attempted to modify a secret, but the latest version of your Worker isn't currently deployed. Please ensure that the latest version of your Worker is fully deployed before modifying secrets.",
  );
}

/** Each change of secrets is a version of its own, live at once. */
function change(call: Call, changes: Record<string, string | null>): Version {
  const worker = workerOf(call);
  const before = liveVersion(worker);
  const version = addVersion(call.state, worker, {
    metadata: {
      main_module: before.mainModule,
      compatibility_date: before.compatibilityDate ?? undefined,
      annotations: { 'workers/triggered_by': 'secret' },
      containers: before.containers,
    },
    modules: before.modules,
    source: 'api',
  });
  version.bindings = before.bindings;
  version.assets = before.assets;
  version.secrets = withSecrets(worker, before.secrets, changes);
  deploy(worker, { versions: [{ version_id: version.id, percentage: 100 }], force: true });
  return version;
}

const named = (name: string) => ({ name, type: 'secret_text' });

function secretNames(worker: Worker): string[] {
  return Object.keys(worker.versions.at(-1)?.secrets ?? {});
}

export const secretHandlers: Handlers = {
  'workers.scripts.secrets.list': (call) => secretNames(workerOf(call)).map(named),
  'workers.scripts.secrets.get': (call) => {
    const name = secretNames(workerOf(call)).find((each) => each === call.path.secret_name);
    return named(found(name, 10056, 'Binding not found'));
  },
  'workers.scripts.secrets.update': (call) => {
    const { name, text } = call.body as { name: string; text: string };
    change(call, { [name]: text });
    return named(name);
  },
  'workers.scripts.secrets.delete': (call) => {
    const name = call.path.secret_name ?? '';
    if (!secretNames(workerOf(call)).includes(name))
      throw new Refusal(404, 10056, 'Binding not found');
    change(call, { [name]: null });
    return null;
  },
  'workers.scripts.secrets.bulkUpdate': (call) => {
    const { secrets = {} } = call.body as { secrets?: Record<string, { text: string } | null> };
    const changes = Object.entries(secrets).map(([name, secret]) => [name, secret?.text ?? null]);
    const version = change(call, Object.fromEntries(changes) as Record<string, string | null>);
    return Object.fromEntries(Object.keys(version.secrets).map((name) => [name, named(name)]));
  },
};
