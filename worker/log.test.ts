import { describe, expect, it } from 'vitest';
import { describeCause, formatEntry, type LogEntry } from './log.ts';

describe('a log line', () => {
  it('holds the known fields only', () => {
    const entry = { level: 'info', event: 'request', status: 200, cookie: 'secret' } as LogEntry;
    expect(JSON.parse(formatEntry(entry, 0))).toEqual({
      at: '1970-01-01T00:00:00.000Z',
      level: 'info',
      event: 'request',
      status: 200,
    });
  });

  it('keeps ids in causes, and nothing that could be a key', () => {
    const id = '3f0f4a34-8c7e-4f64-9a6c-2f2c7c5d3e11';
    const key = 'dGVzdC1zaWduaW5nLWtleS1vZi0zMi1ieXRlcyEhISE';
    const { message, stack } = describeCause(new Error(`no ${id}, Bearer ${key}`));
    expect(message).toBe(`no ${id}, Bearer [redacted]`);
    expect(stack).not.toContain(key);
  });

  it('says why a statement failed, and none of its values', () => {
    const cause = new Error('D1_ERROR: database is locked');
    const { message } = describeCause(
      new Error('Failed query: select … params: acme,51', { cause }),
    );
    expect(message).toBe('D1_ERROR: database is locked');
  });

  it('bounds causes, and takes what is no error for one', () => {
    expect(describeCause(new Error('ab '.repeat(9_000))).message.length).toBeLessThanOrEqual(500);
    expect(describeCause('words').message).toBe('words');
  });
});
