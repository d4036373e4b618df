import {
  fingerprintOf,
  secretProblem,
  WORKER_SECRETS,
  type WorkerSecret,
} from '../contract/worker-secrets.ts';
import { AppError } from '../contract/errors.ts';

/** The secrets that this shell or a file has, by name. */
export type SecretValues = ReadonlyMap<WorkerSecret, string>;

/** What a sync does, by name: no value is ever part of it. */
export interface SyncPlan {
  added: WorkerSecret[];
  changed: WorkerSecret[];
  unchanged: WorkerSecret[];
  /** Neither here nor in the Worker, which does not serve without. */
  missing: WorkerSecret[];
}

/**
 * The Worker's secrets among some variables; empty ones count as not set. Throws `invalid_config`
 * for one of a form that the Worker would refuse to start with.
 */
export function pickSecrets(variables: (name: string) => string | undefined): SecretValues {
  const values = new Map<WorkerSecret, string>();
  for (const name of WORKER_SECRETS) {
    const value = variables(name)?.trim();
    if (value) values.set(name, value);
  }
  const details = [...values].flatMap(([name, value]) => {
    const problem = secretProblem(name, value);
    return problem === null ? [] : [`${name} ${problem}.`];
  });
  if (details.length > 0) throw new AppError('invalid_config', details[0] ?? '', { details });
  return values;
}

/** Which of the values are the running system's own; null for what it does not say. */
export async function compareSecrets(
  values: SecretValues,
  theirs: { nonce: string; fingerprints: Readonly<Record<string, string | null>> },
): Promise<ReadonlySet<WorkerSecret>> {
  const same = new Set<WorkerSecret>();
  for (const [name, value] of values) {
    const print = await fingerprintOf(value, { name, nonce: theirs.nonce });
    if (theirs.fingerprints[name] === print) same.add(name);
  }
  return same;
}

/**
 * What has to be done. A secret that the Worker has and that is not given stays as it is; one that
 * can't be compared is set again, which changes nothing if it was the same.
 */
export function planSync(facts: {
  values: SecretValues;
  /** Names that the Worker has. */
  deployed: ReadonlySet<string>;
  /** Names whose value the running system has too. */
  same: ReadonlySet<WorkerSecret>;
}): SyncPlan {
  const { values, deployed, same } = facts;
  const plan: SyncPlan = { added: [], changed: [], unchanged: [], missing: [] };
  for (const name of WORKER_SECRETS) {
    const isDeployed = deployed.has(name);
    if (!values.has(name)) plan[isDeployed ? 'unchanged' : 'missing'].push(name);
    else if (!isDeployed) plan.added.push(name);
    else plan[same.has(name) ? 'unchanged' : 'changed'].push(name);
  }
  return plan;
}
