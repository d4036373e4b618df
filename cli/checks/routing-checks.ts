import { findModel } from '../../contract/models.ts';
import { operatorList } from '../../contract/operators.ts';
import { modelsOf, type PolicyRule } from '../../contract/policy-rule.ts';
import { resolveRoute } from '../../contract/route.ts';
import { activePolicyView, type PolicyView } from '../../contract/routing.ts';
import { TIERS, WORKLOADS } from '../../contract/tiers.ts';
import type { Client } from '../client.ts';
import type { Config } from '../config.ts';
import { failed, passed, skipped, type Check } from './check.ts';

/** A model for what has none: the seed policy's for everybody. */
const FAST_MODEL = '@cf/zai-org/glm-4.7-flash';

/** A model, or what stands in for one that is gone. */
function existing(id: string): string {
  const model = findModel(id);
  return model?.retiredSince === null ? id : (model?.successor ?? FAST_MODEL);
}

/** What `routing set` takes to give a rule models that exist. */
function mended(rule: PolicyRule): string {
  const { model, fallback, workload } = rule;
  const subject = ['tier', 'platform'] as const;
  const named = subject.flatMap((key) =>
    rule[key] === undefined ? [] : [`--${key} ${rule[key]}`],
  );
  const about =
    named.length === 0 && workload === undefined
      ? '--default'
      : [...named, `--workload ${workload ?? 'any'}`].join(' ');
  const second = fallback === null ? '' : ` --fallback ${existing(fallback)}`;
  return `${about} --model ${existing(model)}${second}`;
}

/** Whether each tier and workload of a platform has a model that still exists. */
function policyCheck(policy: PolicyView, platform: string, environment: string): Check {
  const name = 'routing.policy';
  const at = `--env ${environment}`;
  for (const rule of policy.rules) {
    const gone = modelsOf(rule).find((id) => findModel(id)?.retiredSince !== null);
    if (gone === undefined) continue;
    const what = findModel(gone) ? 'a retired model' : 'a model that is not in the catalog';
    const message = `Policy ${policy.version} names ${gone}, ${what}.`;
    return failed(name, message, `skclaw routing set ${mended(rule)} ${at}`);
  }
  for (const tier of TIERS) {
    for (const workload of WORKLOADS) {
      const route = resolveRoute(policy, { tier, platform, workload });
      if (route.ok) continue;
      const message = `Policy ${policy.version} has no route for ${tier} ${workload}: ${route.message}`;
      return failed(
        name,
        message,
        `skclaw routing set --tier ${tier} --workload any --model ${FAST_MODEL} ${at}`,
      );
    }
  }
  return passed(name, `Policy ${policy.version} routes every tier and workload.`);
}

/** The config file's models against the policy in force, which they only seed. */
function tierMapChecks(
  policy: PolicyView,
  { config, platform, environment }: { config: Config; platform: string; environment: string },
): Check[] {
  return Object.entries(config.modelTierMap ?? {}).map(([tier, model]) => {
    const name = `routing.modelTierMap.${tier}`;
    const request = { tier: tier as keyof NonNullable<Config['modelTierMap']>, platform };
    const route = resolveRoute(policy, { ...request, workload: 'chat' });
    const actual = route.ok ? route.route.model : 'no model';
    if (actual === model)
      return passed(name, `Policy ${policy.version} routes ${tier} to ${model}.`);
    return skipped(
      name,
      `Policy ${policy.version} routes ${tier} to ${actual}, not to ${model}; the policy holds. To change it: skclaw routing set --tier ${tier} --model ${model} --env ${environment}`,
    );
  });
}

/** What the running system says of its policy and of who may operate it. */
export interface Governance {
  checks: Check[];
  /** Whether somebody is admin; null when it isn't known. */
  hasAdmin: boolean | null;
}

/** Asks a system that answers. Throws what the client throws. */
export async function governanceChecks(
  client: Client,
  options: { config: Config | null; platform: string; environment: string },
): Promise<Governance> {
  const { config, platform, environment } = options;
  const [policy, { operators }] = await Promise.all([
    client.request({ path: '/admin/api/routing/policies/active', answer: activePolicyView }),
    client.request({ path: '/admin/api/operators', answer: operatorList }),
  ]);
  return {
    checks: [
      policyCheck(policy, platform, environment),
      ...(config ? tierMapChecks(policy, { config, platform, environment }) : []),
    ],
    hasAdmin: operators.some(({ role }) => role === 'admin'),
  };
}
