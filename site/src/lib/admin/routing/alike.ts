import type { ChangedCombination } from '../../../../../contract/policy-diff.ts';
import { WORKLOADS } from '../../../../../contract/tiers.ts';

/** Combinations of a tier and a platform whose routes change in the same way. */
export interface AlikeCombinations extends Omit<ChangedCombination, 'workload'> {
  /** Their workloads, such as "chat, monitor", or "any" for all there are. */
  workloads: string;
}

/** Combinations that differ in their workload only, each lot as one. */
export function groupAlike(combinations: readonly ChangedCombination[]): AlikeCombinations[] {
  const lots = new Map<string, ChangedCombination[]>();
  for (const one of combinations) {
    const { workload: _, ...rest } = one;
    const key = JSON.stringify(rest);
    lots.set(key, [...(lots.get(key) ?? []), one]);
  }
  return [...lots.values()].flatMap((lot) => {
    const [first] = lot;
    if (!first) return [];
    const { tier, platform, before, after } = first;
    const all = lot.length === WORKLOADS.length;
    const workloads = all ? 'any' : lot.map(({ workload }) => workload).join(', ');
    return [{ tier, platform, before, after, workloads }];
  });
}
