import { count } from 'drizzle-orm';
import { describe, expect, it } from 'vitest';
import { MAX_TIMELINE_ENTRIES, timelineEntry, type TimelineEntry } from '../contract/timeline.ts';
import { timeline } from '../db/agent/schema.ts';
import { freshAgent, NOW } from './doubles/fresh-agent.ts';
import type { AgentDb } from './storage.ts';
import { followTimeline, lastSeq, note, PRUNE_EVERY, readTimeline } from './timeline.ts';

const rows = (db: AgentDb): number => db.select({ n: count() }).from(timeline).get()?.n ?? 0;
const noteMany = (db: AgentDb, n: number): void => {
  for (let i = 0; i < n; i += 1) note(db, { type: 'settings', version: i }, NOW + i);
};
const seqs = (page: { entries: TimelineEntry[] }): number[] => page.entries.map(({ seq }) => seq);

describe('the timeline', () => {
  it('numbers what happens, and says when and in which generation', () =>
    freshAgent().inside(({ db }) => {
      const heard: TimelineEntry[] = [];
      followTimeline(db, (entry) => heard.push(entry));
      note(db, { type: 'settings', version: 7 }, NOW);
      const { entries } = readTimeline(db, { limit: 9 });
      const data = { type: 'settings', version: 7 } as const;
      expect(entries).toEqual([{ seq: 1, at: NOW, generation: 0, data }]);
      expect(heard).toEqual(entries);
      expect(timelineEntry.parse(entries[0])).toEqual(entries[0]);
    }));

  it('keeps the newest entries only, however many there were, and never uses a number again', () =>
    freshAgent().inside(({ db }) => {
      noteMany(db, MAX_TIMELINE_ENTRIES + 3 * PRUNE_EVERY);
      expect(rows(db)).toBeLessThan(MAX_TIMELINE_ENTRIES + PRUNE_EVERY);
      expect(rows(db)).toBeGreaterThanOrEqual(MAX_TIMELINE_ENTRIES);
      expect(lastSeq(db)).toBe(MAX_TIMELINE_ENTRIES + 3 * PRUNE_EVERY);
      noteMany(db, 1);
      expect(lastSeq(db)).toBe(MAX_TIMELINE_ENTRIES + 3 * PRUNE_EVERY + 1);
    }));

  it('is given newest first page by page, or on from an entry, always oldest first', () =>
    freshAgent().inside(({ db }) => {
      expect(readTimeline(db, { limit: 3 })).toEqual({ entries: [], more: false, lastSeq: 0 });
      noteMany(db, 7);
      const newest = readTimeline(db, { limit: 3 });
      expect([seqs(newest), newest.more, newest.lastSeq]).toEqual([[5, 6, 7], true, 7]);
      const before = readTimeline(db, { limit: 9, before: 5 });
      expect([seqs(before), before.more]).toEqual([[1, 2, 3, 4], false]);
      const after = readTimeline(db, { limit: 2, after: 4 });
      expect([seqs(after), after.more]).toEqual([[5, 6], true]);
      expect(seqs(readTimeline(db, { limit: 9, after: 2, before: 5 }))).toEqual([3, 4]);
      expect(readTimeline(db, { limit: 9, after: 7 })).toMatchObject({ entries: [], more: false });
    }));

  it('goes with the commit that it tells of', () =>
    freshAgent().inside(({ db, state }) => {
      const failed = (): void =>
        state.storage.transactionSync(() => {
          note(db, { type: 'settings', version: 1 }, NOW);
          throw new Error('no');
        });
      expect(failed).toThrow('no');
      expect(lastSeq(db)).toBe(0);
    }));
});
