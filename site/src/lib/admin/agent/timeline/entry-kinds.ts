import type { TimelineEntry } from '../../../../../../contract/timeline.ts';

/** What the timeline can be narrowed to; the address names it. */
export const ENTRY_KINDS = [
  'life',
  'turns',
  'calls',
  'snapshots',
  'alarms',
  'settings',
  'errors',
] as const;
export type EntryKind = (typeof ENTRY_KINDS)[number];

export const KIND_WORDS: Record<EntryKind, string> = {
  life: 'Wakes and sleeps',
  turns: 'Turns',
  calls: 'Calls',
  snapshots: 'Snapshots',
  alarms: 'Alarms',
  settings: 'Settings',
  errors: 'Errors',
};

/** The kind that an address asks for; null for all, and for one that there is not. */
export function kindOf(text: string | null): EntryKind | null {
  return ENTRY_KINDS.find((kind) => kind === text) ?? null;
}

type Data = TimelineEntry['data'];

/** What an entry is of, but for whether it is an error. */
export function ownKind(data: Data): Exclude<EntryKind, 'errors'> {
  switch (data.type) {
    case 'start':
    case 'stage':
    case 'ready':
    case 'drain':
    case 'asleep':
    case 'failed':
      return 'life';
    case 'unsaved':
    case 'snapshot.stored':
    case 'snapshot.damaged':
      return 'snapshots';
    case 'turn.started':
    case 'turn.ended':
      return 'turns';
    case 'call':
      return 'calls';
    case 'due.failed':
      return 'alarms';
    case 'settings':
      return 'settings';
  }
}

/** Whether something went wrong. */
export function isError(data: Data): boolean {
  switch (data.type) {
    case 'failed':
    case 'unsaved':
    case 'snapshot.damaged':
    case 'due.failed':
      return true;
    case 'turn.ended':
      return data.state === 'error';
    case 'call':
      return data.outcome !== 'ok' && data.outcome !== 'aborted';
    default:
      return false;
  }
}

/** Whether an entry is of a kind; null is all of them. */
export function isOfKind(data: Data, kind: EntryKind | null): boolean {
  if (kind === null) return true;
  return kind === 'errors' ? isError(data) : ownKind(data) === kind;
}
