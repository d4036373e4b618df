import type { ApiKeyView, CreateApiKeyBody, CreatedApiKey } from '../contract/api-keys.ts';
import type { TenantRecord } from '../contract/agent.ts';
import { allowedModels, type Policy } from '../contract/policy.ts';
import type { Workload } from '../contract/tiers.ts';
import { checkKeyWorkload, createApiKey, listApiKeys, revokeApiKey } from './api-keys.ts';
import type { Door } from './door.ts';
import type { Admission } from './ledger.ts';
import type { Metering } from './metering.ts';
import type { PolicyCache } from './policy-cache.ts';
import type { ApiCall, Caller } from './rpc.ts';
import type { AgentDb } from './storage.ts';

export interface ProgramsDeps {
  db: AgentDb;
  door: Door;
  metering: Pick<Metering, 'admit'>;
  policy: PolicyCache;
  now(): number;
  /** A credential has ended: nothing that it opened stays open. */
  ended(): void;
}

/** What a tenant's programs may: its API keys, and the model calls that are made with them. */
export class Programs {
  readonly #deps: ProgramsDeps;

  constructor(deps: ProgramsDeps) {
    this.#deps = deps;
  }

  list(caller: Caller): ApiKeyView[] {
    const { db, now } = this.#deps;
    this.#deps.door.seer(caller);
    return listApiKeys(db, now());
  }

  create(caller: Caller, id: string, body: CreateApiKeyBody): Promise<CreatedApiKey> {
    const { db, now } = this.#deps;
    const { name: by } = this.#deps.door.changer(caller);
    return createApiKey(db, { id, body, by, now: now() });
  }

  revoke(caller: Caller, id: string): ApiKeyView {
    const { db, now, ended } = this.#deps;
    this.#deps.door.changer(caller);
    const revoked = revokeApiKey(db, id, now());
    ended();
    return revoked;
  }

  /** Admits a call by its key; one that names a model is of the key's first workload that has it. */
  async admit(caller: Caller, call: ApiCall): Promise<Admission> {
    const { door, metering, policy } = this.#deps;
    const key = door.identifyKey(caller);
    const workload =
      call.workload ?? workloadFor(call.model, key, await policy.get(), door.record());
    checkKeyWorkload(key, workload);
    const source = 'api' as const;
    const none = { generation: null, openclawSession: null };
    return metering.admit({ ...call, ...none, workload, source });
  }

  async models(caller: Caller): Promise<{ workloads: Workload[]; models: string[] }> {
    const { door, policy } = this.#deps;
    const { workloads } = door.identifyKey(caller);
    const { tier, platform } = door.record();
    const models = allowedModels(await policy.get(), { tier, platform, workloads });
    return { workloads, models };
  }
}

function workloadFor(
  model: string | null,
  { workloads }: { workloads: readonly Workload[] },
  policy: Policy,
  { tier, platform }: TenantRecord,
): Workload {
  const hasModel = (workload: Workload): boolean =>
    model !== null &&
    allowedModels(policy, { tier, platform, workloads: [workload] }).includes(model);
  return workloads.find(hasModel) ?? workloads[0] ?? 'chat';
}
