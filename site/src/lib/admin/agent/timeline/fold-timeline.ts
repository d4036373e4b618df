import type { TimelineEntry } from '../../../../../../contract/timeline.ts';
import { isError, isOfKind, type EntryKind } from './entry-kinds.ts';

/** A time without anything from here on is folded into one line, ms. */
const IDLE_GAP_MS = 10 * 60_000;

export type Row =
  | { type: 'entry'; key: string; entry: TimelineEntry }
  /** Nothing happened for so long. */
  | { type: 'gap'; key: string; ms: number };

export interface Sums {
  turns: number;
  calls: number;
  costNano: number;
  errors: number;
  /** How long the wake took, ms; null when that is not among the entries. */
  wakeMs: number | null;
}

/** What happened in one wake, or while the agent slept. */
export interface Span {
  type: 'span';
  key: string;
  isAwake: boolean;
  generation: number;
  /** UTC ms of its first entry, or of the first that is known. */
  from: number;
  /** UTC ms of its last entry; null while it goes on. */
  to: number | null;
  /** Whether its beginning is among older entries. */
  isCut: boolean;
  sums: Sums;
  /** The newest first. */
  rows: Row[];
}

/** The agent slept, and nothing happened. */
export interface Sleep {
  type: 'sleep';
  key: string;
  /** Null while it goes on. */
  ms: number | null;
  from: number;
}

function sumsOf(entries: readonly TimelineEntry[]): Sums {
  const sums: Sums = { turns: 0, calls: 0, costNano: 0, errors: 0, wakeMs: null };
  for (const { data } of entries) {
    if (isError(data)) sums.errors += 1;
    if (data.type === 'turn.ended') sums.turns += 1;
    if (data.type === 'ready') sums.wakeMs = data.ms;
    if (data.type !== 'call') continue;
    sums.calls += 1;
    sums.costNano += data.costNano;
  }
  return sums;
}

/** Cuts at each start, and after each time the agent fell asleep. */
function cut(entries: readonly TimelineEntry[]): TimelineEntry[][] {
  const spans: TimelineEntry[][] = [];
  let before: TimelineEntry | undefined;
  for (const entry of entries) {
    const span = spans.at(-1);
    const isNew = entry.data.type === 'start' || before?.data.type === 'asleep';
    if (span && !isNew) span.push(entry);
    else spans.push([entry]);
    before = entry;
  }
  return spans;
}

function rowsOf(entries: readonly TimelineEntry[], kind: EntryKind | null): Row[] {
  const rows: Row[] = [];
  let before: TimelineEntry | undefined;
  for (const entry of entries) {
    const ms = before ? entry.at - before.at : 0;
    // Beside entries that are left out, a gap would say what is not so.
    if (kind === null && ms >= IDLE_GAP_MS) rows.push({ type: 'gap', key: `gap-${entry.seq}`, ms });
    if (isOfKind(entry.data, kind)) rows.push({ type: 'entry', key: `${entry.seq}`, entry });
    before = entry;
  }
  return rows.toReversed();
}

/**
 * A timeline as people read it, the newest first: the entries of one wake together, times in which
 * nothing happened as one line. `entries` have the oldest first; with a kind only its own are left.
 */
export function foldTimeline(
  entries: readonly TimelineEntry[],
  kind: EntryKind | null,
): (Span | Sleep)[] {
  const items: (Span | Sleep)[] = [];
  const spans = cut(entries);
  for (const [index, span] of spans.entries()) {
    const [first] = span;
    const last = span.at(-1);
    if (!first || !last) continue;
    const before = spans[index - 1]?.at(-1);
    const next = spans[index + 1]?.[0];
    const slept = before?.data.type === 'asleep';
    const isAwake = first.data.type === 'start' || (!slept && first.generation > 0);
    const isOver = last.data.type === 'asleep' || last.data.type === 'failed' || next !== undefined;
    const rows = rowsOf(span, kind);
    if (rows.length > 0) {
      items.push({
        type: 'span',
        key: `span-${first.seq}`,
        isAwake,
        generation: first.generation,
        from: first.at,
        to: isOver ? last.at : null,
        isCut: isAwake && first.data.type !== 'start',
        sums: sumsOf(span),
        rows,
      });
    }
    const ms = next ? next.at - last.at : null;
    const isFolded = last.data.type === 'asleep' && (ms === null || ms >= IDLE_GAP_MS);
    if (kind === null && isFolded) {
      items.push({ type: 'sleep', key: `sleep-${last.seq}`, ms, from: last.at });
    }
  }
  return items.toReversed();
}
