import { describe, expect, it } from 'vitest';
import { lineSplitter } from './line-splitter.ts';
import { LogRing, MAX_LINE_CHARS, MAX_LOG_LINES } from './log-ring.ts';
import { redactor } from './redact.ts';

const entry = (msg: string) => ({
  at: 1,
  source: 'openclaw' as const,
  level: 'info' as const,
  msg,
});

describe('LogRing', () => {
  it('keeps the newest lines only', () => {
    const ring = new LogRing((text) => text);
    for (let line = 0; line < MAX_LOG_LINES + 5; line++) ring.append(entry(String(line)));
    const kept = ring.tail(MAX_LOG_LINES * 2);
    expect(kept).toHaveLength(MAX_LOG_LINES);
    expect(kept[0]?.msg).toBe('5');
    expect(ring.tail(2).map(({ msg }) => msg)).toEqual(['2003', '2004']);
  });

  it('numbers its lines, and goes on after one, also where that is forgotten', () => {
    const ring = new LogRing((text) => text);
    for (let line = 1; line <= MAX_LOG_LINES + 5; line++) ring.append(entry(String(line)));
    const numbers = (seq: number, lines: number) => ring.after(seq, lines).map((kept) => kept.seq);
    expect(numbers(2_001, 2)).toEqual([2_002, 2_003]);
    expect(numbers(0, 2)).toEqual([6, 7]);
    expect(numbers(MAX_LOG_LINES + 5, 2)).toEqual([]);
    expect(numbers(MAX_LOG_LINES * 2, 2)).toEqual([]);
    expect(ring.after(2_001, 1)[0]?.msg).toBe('2002');
  });

  it('cuts a line that is too long', () => {
    const ring = new LogRing((text) => text);
    ring.append(entry('x'.repeat(MAX_LINE_CHARS * 2)));
    expect(ring.tail(1)[0]?.msg).toHaveLength(MAX_LINE_CHARS + 1);
  });

  it('redacts before it keeps or passes on, even where the line is cut', () => {
    const ring = new LogRing(redactor(['s3cret/token+1']));
    const seen: string[] = [];
    const stop = ring.follow(({ msg }) => seen.push(msg));
    ring.append(entry('a s3cret/token+1 b s3cret%2Ftoken%2B1 c'));
    ring.append(entry(`Basic ${Buffer.from('s3cret/token+1').toString('base64')}`));
    ring.append(entry(`${'x'.repeat(MAX_LINE_CHARS - 5)}s3cret/token+1`));
    stop();
    ring.append(entry('later'));
    expect(seen).toHaveLength(3);
    for (const text of [...seen, JSON.stringify(ring.tail(10))]) expect(text).not.toContain('s3cr');
    expect(seen.join()).not.toContain('czNjcmV0L3Rva2VuKz');
  });
});

describe('lineSplitter', () => {
  it('joins chunks into lines and does not hold an endless one', () => {
    const lines: string[] = [];
    const splitter = lineSplitter((line) => lines.push(line));
    splitter.write('one\ntw');
    splitter.write('o\r\n\nthr');
    splitter.end();
    expect(lines).toEqual(['one', 'two', 'thr']);
    splitter.write('y'.repeat(MAX_LINE_CHARS * 2 + 1));
    expect(lines).toHaveLength(5);
  });
});
