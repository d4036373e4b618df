import { z } from 'zod';
import { tenantRef } from './options.ts';

/** Options of a command about one agent. */
export const agentInput = z.object({ tenantId: tenantRef });

/** `--force` and `--wait`. */
export const isGiven = z.boolean().default(false);

/** A whole number from `min` to `max`. */
export function wholeNumber(min: number, max: number) {
  const message = `must be a number from ${min} to ${max}`;
  return z
    .string()
    .regex(/^\d{1,15}$/, message)
    .transform(Number)
    .refine((value) => value >= min && value <= max, message);
}
