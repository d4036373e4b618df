import { countTokens, decodeGenerator, encode } from 'gpt-tokenizer/encoding/o200k_base';
import { Recent } from './recent.ts';

/**
 * The longest run without a break that is given to the tokenizer at once, in characters: its merge
 * is quadratic in the length of a word, and 100,000 letters in one take seconds.
 */
const MAX_RUN_CHARS = 256;
const LONG_RUN = new RegExp(`\\S{${MAX_RUN_CHARS + 1},}|\\s{${MAX_RUN_CHARS + 1},}`, 'g');

/** Counts kept of system prompts, tools and histories that come again: below 1,024 x 64 K characters. */
const KEPT_COUNTS = { texts: 1_024, chars: 64 * 1024 };
/** Answers kept in pieces, of which each takes a small object per token. */
const KEPT_SPLITS = { texts: 256, chars: 4 * 1024 };

/** Text of a user may spell a special token; it is counted as the plain text it is. */
const PLAIN = { disallowedSpecial: new Set<string>() };

const counts = new Recent(KEPT_COUNTS, count);
const splits = new Recent(KEPT_SPLITS, (text) => split(text, Infinity));

/** The number of tokens of a text in the o200k encoding; runs above 256 characters are cut there. */
export function countTextTokens(text: string): number {
  return counts.get(text);
}

function count(text: string): number {
  let tokens = 0;
  for (const piece of boundedRuns(text)) tokens += countTokens(piece, PLAIN);
  return tokens;
}

/** A piece of text as a stream carries it, and the number of tokens up to its end. */
export interface TextPiece {
  text: string;
  tokensUpTo: number;
}

/**
 * A text cut where its tokens end, at most `maxTokens` of them. A character that takes several
 * tokens comes in one piece; one that the limit cuts in two is left out.
 */
export function splitTokens(text: string, maxTokens: number): readonly TextPiece[] {
  if (text.length > KEPT_SPLITS.chars) return split(text, maxTokens);
  const pieces = splits.get(text);
  const end = pieces.findLastIndex((piece) => piece.tokensUpTo <= maxTokens) + 1;
  return end === pieces.length ? pieces : pieces.slice(0, end);
}

function split(text: string, maxTokens: number): TextPiece[] {
  const pieces: TextPiece[] = [];
  let used = 0;
  for (const run of boundedRuns(text)) {
    const tokens = encode(run, PLAIN).slice(0, maxTokens - used);
    let consumed = 0;
    const counted = (function* () {
      for (const token of tokens) {
        consumed += 1;
        yield token;
      }
    })();
    for (const piece of decodeGenerator(counted)) {
      if (piece) pieces.push({ text: piece, tokensUpTo: used + consumed });
    }
    used += tokens.length;
    if (used >= maxTokens) break;
  }
  return pieces;
}

function* boundedRuns(text: string): Generator<string> {
  let from = 0;
  for (const match of text.matchAll(LONG_RUN)) {
    if (match.index > from) yield text.slice(from, match.index);
    let start = match.index;
    const end = start + match[0].length;
    while (start < end) {
      const next = runEnd(text, start, end);
      yield text.slice(start, next);
      start = next;
    }
    from = end;
  }
  if (from < text.length) yield text.slice(from);
}

function runEnd(text: string, start: number, end: number): number {
  const next = Math.min(start + MAX_RUN_CHARS, end);
  const code = text.charCodeAt(next - 1);
  const splitsPair = next < end && code >= 0xd800 && code <= 0xdbff;
  return splitsPair ? next - 1 : next;
}
