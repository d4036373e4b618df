import type { Workload } from '../../../contract/tiers.ts';
import type { FaultRule } from '../../../local/ai-gateway/index.ts';
import type { Prng } from '../prng.ts';
import { RULES } from './policy.ts';

/** What is going to happen to one call: what it asks for, what meets it upstream, when its caller goes. */
export interface CallPlan {
  model: Workload | (string & {});
  stream: boolean;
  prompt: string;
  maxTokens: number;
  /** What the stand-in does to the next call of this kind. */
  fault: FaultRule['fault'] | null;
  /** The caller goes at the first chunk of the answer, or after so many ms; null stays to the end. */
  leaves: 'at first chunk' | number | null;
}

type Kind = Pick<CallPlan, 'stream' | 'fault' | 'leaves'>;
const PLAIN: Kind = { stream: false, fault: null, leaves: null };
/** Chunks before a stream breaks: after its role and a few tokens. */
const AFTER_CHUNKS = 4;

/** Kinds of calls, and how many of a hundred are of each. */
const KINDS: readonly (readonly [number, Kind])[] = [
  [38, PLAIN],
  [42, { ...PLAIN, stream: true }],
  [3, { ...PLAIN, fault: { kind: 'status', status: 503 } }],
  [2, { ...PLAIN, stream: true, fault: { kind: 'status', status: 429 } }],
  [1, { ...PLAIN, stream: true, fault: { kind: 'hang_before' } }],
  [1, { ...PLAIN, fault: { kind: 'close_before' } }],
  [2, { ...PLAIN, fault: { kind: 'cut', afterChunks: AFTER_CHUNKS } }],
  [3, { ...PLAIN, stream: true, fault: { kind: 'cut', afterChunks: AFTER_CHUNKS } }],
  [1, { ...PLAIN, stream: true, fault: { kind: 'hang_within', afterChunks: AFTER_CHUNKS } }],
  [
    3,
    {
      stream: true,
      fault: { kind: 'hang_within', afterChunks: AFTER_CHUNKS },
      leaves: 'at first chunk',
    },
  ],
  [2, { stream: true, fault: null, leaves: 'at first chunk' }],
  [2, { stream: false, fault: { kind: 'delay', ms: 300 }, leaves: 60 }],
];
const TOTAL = KINDS.reduce((sum, [share]) => sum + share, 0);

/** Most answers are short, since each token of a stream is a chunk and costs a run its time. */
const SHORT_TOKENS = 12;
const LONG_TOKENS = 400;
const LONG_SHARE = 0.05;
/** Words of a prompt, a long one above what fits one packet. */
const SHORT_WORDS = 40;
const LONG_WORDS = 2_000;

const NAMES = [...RULES.map(({ workload }) => workload), ...RULES.map(({ model }) => model)];

/** Draws the next call. */
export function drawCall(prng: Prng): CallPlan {
  const kind = drawKind(prng);
  const isLong = prng.chance(LONG_SHARE) || (kind.leaves === 'at first chunk' && !kind.fault);
  const words = 1 + prng.below(prng.chance(LONG_SHARE) ? LONG_WORDS : SHORT_WORDS);
  const tokens = 1 + prng.below(isLong ? LONG_TOKENS : SHORT_TOKENS);
  return {
    ...kind,
    model: NAMES[prng.below(NAMES.length)] ?? 'chat',
    prompt: `${prng.word(8)} ${'word '.repeat(words)}\n!long ${tokens}`,
    maxTokens: isLong ? LONG_TOKENS : SHORT_TOKENS,
  };
}

function drawKind(prng: Prng): Kind {
  let drawn = prng.below(TOTAL);
  for (const [share, kind] of KINDS) {
    drawn -= share;
    if (drawn < 0) return kind;
  }
  return PLAIN;
}
