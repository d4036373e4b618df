import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Limits } from '../contract/limits.ts';
import { TIER_CONFIG } from '../contract/tiers.ts';
import {
  callRefusal,
  countCall,
  hold,
  release,
  roll,
  spendRefusal,
  type Amount,
  type Meters,
} from './meters.ts';

const DAY_MS = 86_400_000;
/** Two days before a month ends. */
const START = Date.parse('2025-06-29T12:00:00Z');
const MAX_RESERVED = 400;
const limits = {
  ...TIER_CONFIG.free.limits,
  maxCallsPerMinute: 20,
  maxConcurrentCalls: 8,
};
/** So that the one limit is met before the other. */
const LIMITED: [string, Limits][] = [
  ['tokens', { ...limits, maxTokensPerDay: 900, maxNanoPerMonth: 50_000 }],
  ['money', { ...limits, maxTokensPerDay: 50_000, maxNanoPerMonth: 5_000 }],
];

interface Try {
  at: number;
  reserved: Amount;
  used: Amount | null;
}
type Step =
  | { kind: 'admit'; size: number }
  | { kind: 'retry' | 'settle' | 'sweep'; which: number; part: number }
  | { kind: 'wait' | 'setBack'; ms: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('admit' as const),
      size: fc.integer({ min: 100, max: MAX_RESERVED }),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constantFrom('retry' as const, 'settle' as const, 'sweep' as const),
      which: fc.nat(50),
      part: fc.double({ min: 0, max: 1, noNaN: true }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('wait' as const),
      ms: fc.constantFrom(1, 1_000, 30_000, 60_000, 3_600_000, DAY_MS / 2, DAY_MS, 3 * DAY_MS),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('setBack' as const),
      ms: fc.constantFrom(1, 60_000, 3_600_000, DAY_MS, 4 * DAY_MS),
    }),
  },
);

const sum = (tries: readonly Try[], of: (one: Try) => number): number =>
  tries.reduce((total, one) => total + of(one), 0);
/** What an attempt of this size reserves; money and tokens differ, so that no one stands for the other. */
const reservationOf = (size: number): Amount => ({ tokens: size, nano: 10 * size + 1 });
const partOf = ({ tokens, nano }: Amount, part: number): Amount => ({
  tokens: Math.floor(tokens * part),
  nano: Math.floor(nano * part),
});

/** Meters with the truth beside them: every attempt there ever was. */
class World {
  now = START;
  meter: Meters = roll(null, START);
  readonly tries: Try[] = [];
  readonly limits: Limits;

  constructor(limits: Limits) {
    this.limits = limits;
  }

  run(made: Step): void {
    if (made.kind === 'wait') this.now += made.ms;
    if (made.kind === 'setBack') this.now -= made.ms;
    this.meter = roll(this.meter, this.now);
    if (made.kind === 'admit') this.#admit(made.size);
    if (made.kind === 'settle' || made.kind === 'sweep') this.#end(made);
    if (made.kind === 'retry') {
      this.#end(made);
      if (spendRefusal(this.meter, { limits: this.limits, now: this.now })) return;
      this.#hold(reservationOf(made.which));
    }
  }

  #admit(size: number): void {
    const open = this.tries.filter(({ used }) => used === null).length;
    if (callRefusal(this.meter, { limits: this.limits, open, now: this.now })) return;
    this.meter = countCall(this.meter);
    this.#hold(reservationOf(size));
  }

  #hold(reserved: Amount): void {
    this.meter = hold(this.meter, reserved);
    this.tries.push({ at: Math.max(this.now, this.meter.minute.start), reserved, used: null });
  }

  #end({ which, part }: { which: number; part: number }): void {
    const one = this.tries[which % Math.max(1, this.tries.length)];
    if (!one || one.used) return;
    const { reserved, at } = one;
    one.used = partOf(reserved, part);
    this.meter = release(this.meter, { reserved, used: one.used, at });
  }
}

function check({ meter, tries, limits }: World): void {
  const { minute, day, month } = meter;
  const ofDay = tries.filter(({ at }) => at >= day.start);
  const ofMonth = tries.filter(({ at }) => at >= month.start);
  const heldBy = (one: Try): Amount => (one.used ? { tokens: 0, nano: 0 } : one.reserved);
  expect({ day, month }).toMatchObject({
    day: {
      tokens: sum(ofDay, ({ used }) => used?.tokens ?? 0),
      heldTokens: sum(ofDay, (one) => heldBy(one).tokens),
    },
    month: {
      nano: sum(ofMonth, ({ used }) => used?.nano ?? 0),
      heldNano: sum(ofMonth, (one) => heldBy(one).nano),
    },
  });
  const most = reservationOf(MAX_RESERVED);
  expect(day.tokens + day.heldTokens).toBeLessThan(limits.maxTokensPerDay + most.tokens);
  expect(month.nano + month.heldNano).toBeLessThan(limits.maxNanoPerMonth + most.nano);
  expect(minute.calls).toBeLessThanOrEqual(limits.maxCallsPerMinute);
  expect(minute.start).toBeGreaterThanOrEqual(day.start);
  expect(day.start).toBeGreaterThanOrEqual(month.start);
}

it.each(LIMITED)(
  'held is what open attempts of a window reserve, used what ended ones used, in any order (%s)',
  (_, limited) => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const world = new World(limited);
        for (const made of steps) {
          world.run(made);
          check(world);
        }
      }),
      { numRuns: 200 },
    );
  },
);
