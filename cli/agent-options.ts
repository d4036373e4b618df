import { z } from 'zod';
import { ulidSchema } from '../contract/ids.ts';
import type { Flag } from './argv.ts';
import { tenantRef } from './options.ts';

/** Flags that several commands about one agent share. */
export const AGENT_FLAGS = {
  wait: { flag: '--wait', summary: 'Come back only when it is done' },
} as const satisfies Record<string, Flag>;

/** Options of a command about one agent. */
export const agentInput = z.object({ tenantId: tenantRef });

/** `--force` and `--wait`. */
export const isGiven = z.boolean().default(false);

/** The id of a snapshot, session or schedule, as lists show it. */
export const ulidRef = z
  .string()
  .toUpperCase()
  .refine((id) => ulidSchema.safeParse(id).success, 'must be an id as the list shows it');

/** A whole number from `min` to `max`. */
export function wholeNumber(min: number, max: number) {
  const message = `must be a number from ${min} to ${max}`;
  return z
    .string()
    .regex(/^\d{1,15}$/, message)
    .transform(Number)
    .refine((value) => value >= min && value <= max, message);
}
