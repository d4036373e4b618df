import { expect, test } from 'vitest';
import { TIER_CONFIG } from '../../../../contract/tiers.ts';
import { tierCards, type TierCard } from './facts.ts';

const valueOf = (card: TierCard | undefined, wanted: string): string | undefined =>
  card?.lines.find(({ label }) => label === wanted)?.value;

test('each tier is shown with the numbers the system enforces', () => {
  const [free, premium, enterprise] = tierCards();
  expect([free?.name, premium?.name, enterprise?.name]).toEqual(['Free', 'Premium', 'Enterprise']);
  expect(free?.summary).toBe(TIER_CONFIG.free.summary);
  expect(free?.lines).toContainEqual({ label: 'Sleeps after', value: '5 min of quiet' });
  expect(premium?.lines).toContainEqual({ label: 'Container', value: '1 vCPU, 6 GiB' });
  expect([free, premium, enterprise].map((tier) => valueOf(tier, 'Schedules'))).toEqual([
    '3, hourly',
    '20, every 5 min',
    '100, each minute',
  ]);
  expect(enterprise?.lines).toContainEqual({
    label: 'Longest message',
    value: '100,000 characters',
  });
});
