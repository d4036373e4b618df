import type { TurnUsage } from '../../../../contract/frames.ts';
import { seconds } from './wake-progress.ts';

const NANO_PER_DOLLAR = 1_000_000_000;
/** Costs below it are said to be less than it, dollars. */
const SMALLEST_DOLLARS = 0.0001;
const number = new Intl.NumberFormat('en');

/** Money the way an answer's cost is shown: with as many digits as say something. */
export function dollars(nano: number): string {
  const amount = nano / NANO_PER_DOLLAR;
  if (amount === 0) return '$0';
  if (amount < SMALLEST_DOLLARS) return `under $${SMALLEST_DOLLARS}`;
  return `$${amount.toFixed(amount < 0.1 ? 4 : 2)}`;
}

/** A model without where it lives: `@cf/zai-org/glm-4.7-flash` is `glm-4.7-flash`. */
function shortModel(model: string): string {
  return model.slice(model.lastIndexOf('/') + 1);
}

/** What stands under an answer: which model, how many tokens, what it cost and how long it took. */
export function answerFacts(turn: { ms: number | null; usage: TurnUsage | null }): string[] {
  const { ms, usage } = turn;
  const used =
    usage === null
      ? []
      : [
          shortModel(usage.model),
          `${number.format(usage.tokensIn + usage.tokensOut)} tokens`,
          dollars(usage.costNano),
        ];
  return ms === null ? used : [...used, seconds(ms)];
}
