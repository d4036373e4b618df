import { describe, expect, it } from 'vitest';
import { parseLimit } from './memory.ts';
import { familyOf, parseStatus } from './processes.ts';

function make(pid: number, ppid: number) {
  return { pid, ppid, uid: 0, rssBytes: 1, name: 'node' };
}

describe('what /proc tells', () => {
  it('is read as pid, parent, user, resident bytes and name', () => {
    const text =
      'Name:\tnode\nTgid:\t12\nPid:\t12\nPPid:\t7\nUid:\t10001\t0\t0\t0\nVmRSS:\t    2048 kB\n';
    const facts = { pid: 12, ppid: 7, uid: 10_001, rssBytes: 2_097_152, name: 'node' };
    expect(parseStatus(text)).toEqual(facts);
  });

  it('makes a family of a process and all below it, and of nobody else', () => {
    const all = [make(5, 4), make(1, 0), make(2, 1), make(4, 2), make(3, 1)];
    expect(familyOf(2, all).map(({ pid }) => pid)).toEqual([5, 2, 4]);
  });

  it.each([
    { text: '1610612736\n', bytes: 1_610_612_736 },
    { text: 'max\n', bytes: null },
    { text: '9223372036854771712\n', bytes: null },
  ])('reads the memory limit $text as $bytes', ({ text, bytes }) => {
    expect(parseLimit(text)).toBe(bytes);
  });
});
