import { MAX_TIMELINE_ENTRIES, type TimelineEntry } from '../../../../../contract/timeline.ts';

/** Both lists as one, by number, the oldest first; of too many the oldest go. */
export function mergeEntries(
  known: readonly TimelineEntry[],
  more: readonly TimelineEntry[],
): readonly TimelineEntry[] {
  const bySeq = new Map(known.map((entry) => [entry.seq, entry]));
  for (const entry of more) bySeq.set(entry.seq, entry);
  return [...bySeq.values()].toSorted((a, b) => a.seq - b.seq).slice(-MAX_TIMELINE_ENTRIES);
}
