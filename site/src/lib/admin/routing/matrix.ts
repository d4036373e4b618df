import { resolveRoute, type Policy, type Route } from '../../../../../contract/policy.ts';
import { TIERS, WORKLOADS, type Tier, type Workload } from '../../../../../contract/tiers.ts';

/** What one combination gets: a route, or null where it is refused; and whether that is new. */
export interface MatrixCell {
  workload: Workload;
  route: Route | null;
  isChanged: boolean;
}
export interface MatrixRow {
  platform: string;
  tier: Tier;
  cells: MatrixCell[];
}

/** The model of a combination, and the one that stands in for it. */
function routeOf(
  policy: Policy,
  combination: { platform: string; tier: Tier; workload: Workload },
): Route | null {
  const result = resolveRoute(policy, combination);
  return result.ok ? result.route : null;
}

/** Who gets what by a policy, on the platforms of the system, against what they get by another. */
export function matrixOf(policy: Policy, base: Policy, platforms: readonly string[]): MatrixRow[] {
  return platforms.flatMap((platform) =>
    TIERS.map((tier) => ({
      platform,
      tier,
      cells: WORKLOADS.map((workload) => {
        const route = routeOf(policy, { platform, tier, workload });
        const before = routeOf(base, { platform, tier, workload });
        const isChanged = route?.model !== before?.model || route?.fallback !== before?.fallback;
        return { workload, route, isChanged };
      }),
    })),
  );
}
