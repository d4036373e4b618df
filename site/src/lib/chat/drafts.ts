/** Longest draft kept, in characters: more than any tier's message. */
const MAX_DRAFT_CHARS = 200_000;
const keyOf = (sessionId: string | null): string => `draft:${sessionId ?? 'new'}`;

/** What was being written in a session of this tab, kept across pages and reloads. */
export function readDraft(store: Storage, sessionId: string | null): string {
  try {
    return store.getItem(keyOf(sessionId)) ?? '';
  } catch {
    return '';
  }
}

/** Keeps a draft; an empty one is forgotten. Full or forbidden storage is no reason to fail. */
export function writeDraft(store: Storage, sessionId: string | null, text: string): void {
  try {
    if (text === '') store.removeItem(keyOf(sessionId));
    else store.setItem(keyOf(sessionId), text.slice(0, MAX_DRAFT_CHARS));
  } catch {
    // The text is still in the field.
  }
}
