import { describe, expect, it } from 'vitest';
import { sandboxIdOf, slugSchema, SYSTEM_TENANT_ID, tenantId } from './ids.ts';

describe('a slug', () => {
  it.each(['a', 'demo', 'bright-otter-42', 'x'.repeat(40)])('may be %s', (slug) => {
    expect(slugSchema.safeParse(slug).success).toBe(true);
  });

  it.each(['', '-a', 'a-', 'A', 'a.b', 'a_b', 'x'.repeat(41), 'xn--80ak6aa92e', 'ä', 'a b', 'a\n'])(
    'may not be %j',
    (slug) => {
      expect(slugSchema.safeParse(slug).success).toBe(false);
    },
  );

  it.each(['api', 'www', 'admin', 'staging', 'status', 'mail', 'system'])(
    'may not be %s, which is reserved',
    (slug) => {
      expect(slugSchema.safeParse(slug).error?.issues[0]?.message).toBe('is reserved');
    },
  );
});

describe('a sandbox’s id', () => {
  it('is computed from the tenant’s', () => {
    expect(tenantId.safeParse(SYSTEM_TENANT_ID).success).toBe(true);
    expect(sandboxIdOf(SYSTEM_TENANT_ID)).toBe(`tenant-${SYSTEM_TENANT_ID}`);
  });
});
