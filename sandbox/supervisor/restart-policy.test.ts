import { describe, expect, it } from 'vitest';
import { MAX_RESTARTS, RESTART_WINDOW_MS, decideAfterCrash } from './restart-policy.ts';

const now = 10_000_000;
const crash = { code: 1, signal: null, earlier: [], now, lastErrors: ['boom'] };

describe('decideAfterCrash', () => {
  it.each([
    { earlier: 0, delayMs: 500 },
    { earlier: 1, delayMs: 1_000 },
    { earlier: 3, delayMs: 4_000 },
  ])('waits $delayMs ms after $earlier earlier crashes', ({ earlier, delayMs }) => {
    const times = Array.from({ length: earlier }, (_, index) => now - index * 1_000);
    expect(decideAfterCrash({ ...crash, earlier: times })).toEqual({ action: 'restart', delayMs });
  });

  it('gives up after too many in the window and says how it ended', () => {
    const earlier = Array.from({ length: MAX_RESTARTS }, () => now - 1);
    const decision = decideAfterCrash({ ...crash, code: null, signal: 'SIGSEGV', earlier });
    expect(decision).toMatchObject({ action: 'fail', reason: { code: 'openclaw_crashing' } });
    expect(JSON.stringify(decision)).toContain('SIGSEGV');
  });

  it('says that memory ran out when V8 said so, or the kernel killed it', () => {
    const earlier = Array.from({ length: MAX_RESTARTS }, () => now - 1);
    const heap = [
      'FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory',
    ];
    for (const exit of [
      { code: null, signal: 'SIGKILL', lastErrors: [] },
      { code: 134, signal: null, lastErrors: heap },
    ]) {
      const decision = decideAfterCrash({ ...crash, ...exit, earlier });
      expect(decision).toMatchObject({ reason: { code: 'openclaw_out_of_memory' } });
    }
  });

  it('forgets crashes older than the window', () => {
    const earlier = Array.from({ length: 50 }, () => now - RESTART_WINDOW_MS);
    expect(decideAfterCrash({ ...crash, earlier })).toEqual({ action: 'restart', delayMs: 500 });
  });

  it('fails at once on a refused config, with what OpenClaw said', () => {
    expect(decideAfterCrash({ ...crash, code: 78, lastErrors: ['bad key "x"'] })).toEqual({
      action: 'fail',
      reason: { code: 'openclaw_config_invalid', message: 'bad key "x"' },
    });
  });
});
