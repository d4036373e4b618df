export type ComposerAction = 'send' | 'none';

/** What of a key press the composer looks at. */
export interface Key {
  key: string;
  shiftKey: boolean;
  isComposing: boolean;
  /** 229 while an input method has the key, also where `isComposing` comes too late (Safari). */
  keyCode: number;
}

/** Enter sends, Shift+Enter breaks the line, and an input method keeps its own Enter. */
export function composerAction(key: Key): ComposerAction {
  if (key.key !== 'Enter' || key.shiftKey) return 'none';
  return key.isComposing || key.keyCode === 229 ? 'none' : 'send';
}

/** Characters left from which they are counted: a tenth of the limit, and this many at most. */
const MAX_COUNTED = 1_000;

/** How a text stands against the limit; `count` is null while it is far from it. */
export function lengthNotice(
  length: number,
  limit: number,
): { count: string | null; over: boolean } {
  const left = limit - length;
  const over = left < 0;
  if (left > Math.min(limit / 10, MAX_COUNTED)) return { count: null, over };
  const number = new Intl.NumberFormat('en');
  const words = Math.abs(left) === 1 ? 'character' : 'characters';
  return {
    count: `${number.format(Math.abs(left))} ${words} ${over ? 'too many' : 'left'}`,
    over,
  };
}

/** Longest title made from a message, in characters. */
const MAX_TITLE_CHARS = 60;

/** A session's first title: the beginning of its first message. */
export function titleFrom(text: string): string {
  const line = text.trim().replace(/\s+/g, ' ');
  const chars = [...line];
  if (chars.length <= MAX_TITLE_CHARS) return line;
  const cut = chars.slice(0, MAX_TITLE_CHARS).join('');
  return `${cut.slice(0, Math.max(cut.lastIndexOf(' '), MAX_TITLE_CHARS / 2)).trimEnd()}…`;
}
