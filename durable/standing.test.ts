import { expect, it } from 'vitest';
import { standingEnd, standingRefusal } from './standing.ts';

it.each([
  ['active', null, null],
  ['suspended', 'tenant_suspended', true],
  ['deleting', 'tenant_deleted', false],
] as const)(
  'a tenant that is %s is refused with %s, and its turns end so',
  (status, code, again) => {
    expect(standingRefusal(status)?.code ?? null).toBe(code);
    const end = standingEnd(status, 'so far');
    if (code === null) expect(end).toBeNull();
    else expect(end).toMatchObject({ type: 'error', code, retryable: again, text: 'so far' });
  },
);
