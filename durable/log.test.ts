import { afterEach, expect, it, vi } from 'vitest';
import { agentLog, reasonOf } from './log.ts';

afterEach(() => vi.restoreAllMocks());

it('a failed query speaks through its cause, without its values', () => {
  const cause = new Error('no such table: usage');
  const failed = new Error('Failed query: INSERT … params: a secret message', { cause });
  expect(reasonOf(failed)).toBe('Error: no such table: usage');
});

it('a reason keeps its name and is bounded', () => {
  expect(reasonOf(new TypeError('x is not y'))).toBe('TypeError: x is not y');
  expect(reasonOf(new Error('x'.repeat(10_000))).length).toBeLessThanOrEqual(500);
  expect(reasonOf('y'.repeat(10_000))).toHaveLength(500);
});

it('a line carries the tenant and goes where its level belongs', () => {
  const info = vi.spyOn(console, 'log').mockReturnValue();
  const error = vi.spyOn(console, 'error').mockReturnValue();
  const log = agentLog(() => 'tenant-1');
  log({ level: 'info', msg: 'state', state: 'ready' });
  log({ level: 'error', msg: 'drain failed' });
  expect(JSON.parse(String(info.mock.calls[0]?.[0]))).toMatchObject({
    tenant: 'tenant-1',
    level: 'info',
    msg: 'state',
    state: 'ready',
  });
  expect(error).toHaveBeenCalledOnce();
});
