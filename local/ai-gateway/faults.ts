import { z } from 'zod';

/** How many faults wait at once; a test arms a handful. */
const MAX_FAULTS = 100;
/** The longest delay, in milliseconds: beyond any time-out of a caller. */
const MAX_DELAY_MS = 3_600_000;

const afterChunks = z.number().int().nonnegative();

const fault = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('status'),
    status: z.number().int().min(400).max(599),
    body: z.unknown().optional(),
    /** Seconds. */
    retryAfter: z.number().int().nonnegative().optional(),
  }),
  z.strictObject({ kind: z.literal('hang_before') }),
  z.strictObject({ kind: z.literal('close_before') }),
  z.strictObject({ kind: z.literal('hang_within'), afterChunks }),
  z.strictObject({ kind: z.literal('cut'), afterChunks }),
  z.strictObject({ kind: z.literal('malformed'), afterChunks }),
  z.strictObject({ kind: z.literal('delay'), ms: z.number().int().min(0).max(MAX_DELAY_MS) }),
]);

/** A fault to arm: which requests it meets, how often (once unless said; null for ever), and what. */
export const faultRule = z.strictObject({
  match: z
    .strictObject({
      model: z.string().optional(),
      tenant: z.string().optional(),
      workload: z.string().optional(),
      stream: z.boolean().optional(),
    })
    .optional(),
  times: z.number().int().positive().nullable().optional(),
  fault,
});

export type Fault = z.infer<typeof fault>;
export type FaultRule = z.infer<typeof faultRule>;
export type ArmedFault = FaultRule & { id: number; times: number | null };

/** What a fault's `match` is held against; tenant and workload come from the metadata. */
export interface FaultSubject {
  model: string;
  tenant: unknown;
  workload: unknown;
  stream: boolean;
}

/** The armed faults; the oldest one that fits a request meets it. */
export class Faults {
  #armed: ArmedFault[] = [];
  #lastId = 0;

  /** Arms a fault, and returns it with its id. Throws a RangeError when too many wait. */
  add(rule: FaultRule): ArmedFault {
    if (this.#armed.length >= MAX_FAULTS)
      throw new RangeError(`At most ${MAX_FAULTS} faults wait.`);
    const times = rule.times === undefined ? 1 : rule.times;
    const armed = { ...rule, times, id: ++this.#lastId };
    this.#armed.push(armed);
    return { ...armed };
  }

  list(): ArmedFault[] {
    return this.#armed.map((armed) => ({ ...armed }));
  }

  clear(): void {
    this.#armed = [];
  }

  /** The fault that meets this request, used up once; null without one. */
  take(subject: FaultSubject): Fault | null {
    const armed = this.#armed.find((candidate) => fits(candidate.match, subject));
    if (!armed) return null;
    if (armed.times !== null) {
      armed.times -= 1;
      if (armed.times === 0) this.#armed = this.#armed.filter((other) => other !== armed);
    }
    return armed.fault;
  }
}

function fits(match: FaultRule['match'], subject: FaultSubject): boolean {
  if (!match) return true;
  return (
    (match.model === undefined || match.model === subject.model) &&
    (match.tenant === undefined || match.tenant === subject.tenant) &&
    (match.workload === undefined || match.workload === subject.workload) &&
    (match.stream === undefined || match.stream === subject.stream)
  );
}
