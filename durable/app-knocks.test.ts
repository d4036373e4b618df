import { describe, expect, it } from 'vitest';
import { addKnock, isNewlyOpened, QUIET_MS, type Knock } from './app-knocks.ts';

/** OpenClaw's longest pause between two tries to connect, ms. */
const RECONNECT_MS = 30_000;

describe('an app', () => {
  it('that was never here, or not for a while, has been opened by somebody', () => {
    const knocks = addKnock([], { app: 'a', at: 0 });
    expect(isNewlyOpened([], 'a', 0)).toBe(true);
    expect(isNewlyOpened(knocks, 'b', 1)).toBe(true);
    expect(isNewlyOpened(knocks, 'a', QUIET_MS)).toBe(true);
    expect(isNewlyOpened(knocks, 'a', QUIET_MS - 1)).toBe(false);
  });

  it('that keeps coming back by itself is never taken for newly opened', () => {
    let knocks: Knock[] = addKnock([], { app: 'a', at: 0 });
    for (let at = RECONNECT_MS; at < 100 * RECONNECT_MS; at += RECONNECT_MS) {
      expect(isNewlyOpened(knocks, 'a', at)).toBe(false);
      knocks = addKnock(knocks, { app: 'a', at });
    }
    expect(knocks).toHaveLength(1);
  });

  it('is forgotten once that says nothing any more, and the oldest when there are too many', () => {
    const old = addKnock([], { app: 'old', at: 0 });
    expect(addKnock(old, { app: 'a', at: QUIET_MS })).toEqual([{ app: 'a', at: QUIET_MS }]);
    let many: Knock[] = [];
    for (let n = 0; n < 60; n += 1) many = addKnock(many, { app: `app-${n}`, at: n });
    expect(many).toHaveLength(50);
    expect(many[0]).toEqual({ app: 'app-10', at: 10 });
  });
});
