import type { SessionView } from '../../../../contract/frames.ts';

/** Marks that stand on letters, once these are taken apart. */
const MARKS = /\p{M}/gu;

const plain = (text: string): string => text.normalize('NFKD').replace(MARKS, '').toLowerCase();

/** Sessions whose titles hold every word that was typed, whatever the case and the accents. */
export function searchSessions(
  sessions: readonly SessionView[],
  typed: string,
): readonly SessionView[] {
  const words = plain(typed)
    .split(/\s+/)
    .filter((word) => word !== '');
  if (words.length === 0) return sessions;
  return sessions.filter(({ title }) => {
    const text = plain(title);
    return words.every((word) => text.includes(word));
  });
}
