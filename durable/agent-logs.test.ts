import { describe, expect, it } from 'vitest';
import type { AgentLogLine } from '../contract/agent-logs.ts';
import { pickLines } from './agent-logs.ts';
import { fitTail, MAX_TAIL_BYTES, MAX_TAIL_LINES, toLogLine } from './log-tail.ts';

const line = (seq: number, changed: Partial<AgentLogLine> = {}): AgentLogLine => ({
  seq,
  generation: 1,
  at: seq,
  source: 'openclaw',
  level: 'info',
  text: `line ${seq}`,
  ...changed,
});
const LOG = [1, 2, 3, 4, 5, 6].map((seq) =>
  line(seq, seq % 2 === 0 ? { level: 'warn', text: `Warned ${seq}` } : {}),
);
const ALL = { level: undefined, q: '', limit: 100, after: null };
const pick = (changed: object) => {
  const { lines, ...rest } = pickLines(LOG, { ...ALL, ...changed });
  return [lines.map(({ seq }) => seq), rest];
};

describe('picking lines', () => {
  it('gives the newest ones when nobody says where to go on', () => {
    expect(pick({ limit: 2 })).toEqual([[5, 6], { next: 6, more: false }]);
    expect(pick({ limit: 2, level: 'warn' })).toEqual([[4, 6], { next: 6, more: false }]);
    expect(pickLines([], ALL)).toEqual({ lines: [], next: 0, more: false });
  });

  it('goes on after a line, and says whether there is more', () => {
    expect(pick({ after: 1, limit: 2 })).toEqual([[2, 3], { next: 3, more: true }]);
    expect(pick({ after: 3 })).toEqual([[4, 5, 6], { next: 6, more: false }]);
    expect(pick({ after: 6 })).toEqual([[], { next: 6, more: false }]);
    expect(pick({ after: 9 })).toEqual([[], { next: 9, more: false }]);
  });

  it('takes a level for that and graver ones, and a text in any case', () => {
    expect(pick({ after: 0, level: 'warn' })[0]).toEqual([2, 4, 6]);
    expect(pick({ after: 0, level: 'error' })[0]).toEqual([]);
    expect(pick({ after: 0, q: 'WARNED 4' })[0]).toEqual([4]);
  });

  it('does not look again at what did not match', () => {
    expect(pick({ after: 0, q: 'line 1' })).toEqual([[1], { next: 6, more: false }]);
    expect(pick({ after: 0, level: 'warn', limit: 1 })).toEqual([[2], { next: 2, more: true }]);
  });
});

describe('the tail that is kept', () => {
  it('has the newest lines, bounded in number', () => {
    const many = Array.from({ length: MAX_TAIL_LINES + 5 }, (_, i) => line(i + 1));
    const tail = fitTail(many);
    expect([tail.length, tail[0]?.seq, tail.at(-1)?.seq]).toEqual([
      MAX_TAIL_LINES,
      6,
      MAX_TAIL_LINES + 5,
    ]);
  });

  it('is bounded in bytes, as they are stored', () => {
    const wide = Array.from({ length: MAX_TAIL_LINES }, (_, i) =>
      line(i + 1, { text: '€'.repeat(4_000) }),
    );
    const tail = fitTail(wide);
    expect(Buffer.byteLength(JSON.stringify(tail))).toBeLessThan(MAX_TAIL_BYTES + 1_000);
    expect(tail.at(-1)?.seq).toBe(MAX_TAIL_LINES);
    expect(tail.length).toBeGreaterThan(5);
  });

  it('cuts a line that a hostile sandbox sends too long', () => {
    const msg = 'x'.repeat(100_000);
    const said = { seq: 1, at: 1, source: 'openclaw', level: 'info', msg } as const;
    expect(toLogLine(said, 3)).toMatchObject({ generation: 3, text: 'x'.repeat(4_001) });
  });
});
