export type ShortcutAction = 'help' | 'compose' | 'search' | 'new' | 'previous' | 'next' | 'copy';

/** What of a key press the shortcuts look at. */
export interface ShortcutKey {
  key: string;
  code: string;
  ctrlKey: boolean;
  metaKey: boolean;
  altKey: boolean;
  shiftKey: boolean;
  isComposing: boolean;
}

export interface ShortcutPlace {
  /** Whether the key would write into a field. */
  isTyping: boolean;
  /** Whether shortcuts of one key are on: who dictates or uses a switch may want them off. */
  hasSingleKeys: boolean;
}

/** What a key press asks for, or null. `code` stands for the key's place, since Alt changes its letter. */
export function shortcutOf(key: ShortcutKey, place: ShortcutPlace): ShortcutAction | null {
  if (key.isComposing) return null;
  const isCommand = key.ctrlKey !== key.metaKey && !key.altKey;
  if (isCommand && !key.shiftKey && key.code === 'KeyK') return 'search';
  if (isCommand && key.shiftKey && key.code === 'KeyO') return 'new';
  if (key.altKey && key.shiftKey && !key.ctrlKey && !key.metaKey) {
    if (key.code === 'ArrowUp') return 'previous';
    if (key.code === 'ArrowDown') return 'next';
    if (key.code === 'KeyC') return 'copy';
  }
  const isSingle = !key.ctrlKey && !key.metaKey && !key.altKey;
  if (!isSingle || place.isTyping || !place.hasSingleKeys) return null;
  if (key.key === '?') return 'help';
  return key.key === '/' ? 'compose' : null;
}

/** All shortcuts for the sheet: what each does and the keys, with those of a Mac where they differ. */
export const SHORTCUTS: readonly {
  does: string;
  keys: string[];
  macKeys?: string[];
  isSingle?: true;
}[] = [
  { does: 'Send the message', keys: ['Enter'] },
  { does: 'Start a new line', keys: ['Shift', 'Enter'], macKeys: ['⇧', 'Enter'] },
  { does: 'Stop the answer', keys: ['Esc'] },
  { does: 'New session', keys: ['Ctrl', 'Shift', 'O'], macKeys: ['⌘', '⇧', 'O'] },
  { does: 'Search the sessions', keys: ['Ctrl', 'K'], macKeys: ['⌘', 'K'] },
  { does: 'Session above', keys: ['Alt', 'Shift', '↑'], macKeys: ['⌥', '⇧', '↑'] },
  { does: 'Session below', keys: ['Alt', 'Shift', '↓'], macKeys: ['⌥', '⇧', '↓'] },
  { does: 'Copy the last answer', keys: ['Alt', 'Shift', 'C'], macKeys: ['⌥', '⇧', 'C'] },
  { does: 'Write a message', keys: ['/'], isSingle: true },
  { does: 'Show this list', keys: ['?'], isSingle: true },
];

const KEY = 'single-keys';

/** Whether shortcuts of one key are on; they are unless they were switched off on this device. */
export function readSingleKeys(store: Storage): boolean {
  try {
    return store.getItem(KEY) !== 'off';
  } catch {
    return true;
  }
}

export function writeSingleKeys(store: Storage, isOn: boolean): void {
  try {
    if (isOn) store.removeItem(KEY);
    else store.setItem(KEY, 'off');
  } catch {
    // It holds until the page is left.
  }
}
