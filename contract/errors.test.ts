import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { AppError, asAppError, validationError } from './errors.ts';

describe('an error', () => {
  it('is recognised after it crossed a boundary that keeps its properties and not its class', () => {
    const there = new AppError('slug_taken', 'That slug is taken.', { hint: 'Choose another.' });
    const here = Object.assign(new Error(there.message), { code: there.code, hint: there.hint });
    expect(asAppError(here)).toMatchObject({
      code: 'slug_taken',
      status: 409,
      hint: 'Choose another.',
    });
  });

  it('of anybody else is not taken for one of ours', () => {
    expect(asAppError(new Error('boom'))).toBeNull();
    expect(asAppError(Object.assign(new Error('no'), { code: 'ENOENT' }))).toBeNull();
    expect(asAppError('text')).toBeNull();
  });

  it('of validation names each field and what is wrong with it', () => {
    const parsed = z
      .object({ tier: z.enum(['free']), slug: z.string() })
      .safeParse({ tier: 'gold' });
    const error = validationError(parsed.error ?? new z.ZodError([]));
    expect(error.code).toBe('invalid_request');
    expect(error.details).toHaveLength(2);
    expect(error.details?.join()).toMatch(/tier: .*slug: /);
  });
});
