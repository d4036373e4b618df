import { expect, test } from 'vitest';
import { TIER_CONFIG } from '../../../../contract/tiers.ts';
import { tierCards } from './facts.ts';

test('each tier is shown with the numbers the system enforces', () => {
  const [free, premium, enterprise] = tierCards();
  expect([free?.name, premium?.name, enterprise?.name]).toEqual(['Free', 'Premium', 'Enterprise']);
  expect(free?.summary).toBe(TIER_CONFIG.free.summary);
  expect(free?.lines).toContainEqual({ label: 'Sleeps after', value: '5 min of quiet' });
  expect(premium?.lines).toContainEqual({ label: 'Container', value: '1 vCPU, 6 GiB' });
  expect(enterprise?.lines).toContainEqual({
    label: 'Longest message',
    value: '100,000 characters',
  });
});
