import type { CombinationRoute, PolicyDiff } from '../contract/policy-diff.ts';
import type { Table } from './output.ts';

function routeWords(route: CombinationRoute | null): string {
  if (route === null) return 'none';
  return route.fallback === null ? route.model : `${route.model}, else ${route.fallback}`;
}

const rule = (index: number): string => `rule ${index + 1}`;

/** What changes between two policies, for people: the rules, then what they change for whom. */
export function routeTable(diff: PolicyDiff): Table {
  const { added, removed, changed, combinations } = diff;
  return {
    columns: ['change', 'for', 'before', 'after'],
    rows: [
      ...removed.map((one) => ['removed', one.description, rule(one.rule), '-']),
      ...added.map((one) => ['added', one.description, '-', rule(one.rule)]),
      ...changed.flatMap(({ description, fields }) =>
        fields.map(({ field, before, after }) => [
          field,
          description,
          String(before ?? 'none'),
          String(after ?? 'none'),
        ]),
      ),
      ...combinations.map(({ tier, platform, workload, before, after }) => [
        'route',
        `${tier} ${workload} on ${platform ?? 'any other platform'}`,
        routeWords(before),
        routeWords(after),
      ]),
    ],
  };
}
