import { AppError } from '../contract/errors.ts';

/** Where a list that is sorted by time and id goes on: after this entry. */
export interface Position {
  createdAt: number;
  id: string;
}

/** The cursor that stands for a position. */
export function encodeCursor(position: Position): string {
  return `${position.createdAt}.${position.id}`;
}

/** The position of a cursor; null for none. Throws invalid_request for what is no cursor of ours. */
export function decodeCursor(cursor: string | undefined): Position | null {
  if (cursor === undefined) return null;
  const match = /^(\d{1,15})\.([A-Za-z0-9._:-]{1,128})$/.exec(cursor);
  if (!match?.[1] || !match[2]) throw new AppError('invalid_request', 'cursor: is not a cursor');
  return { createdAt: Number(match[1]), id: match[2] };
}

/**
 * One page of a list that was read with one entry more than asked for: the entries, and the cursor
 * of the next page or null.
 */
export function pageOf<T>(
  entries: T[],
  limit: number,
  position: (entry: T) => Position,
): { entries: T[]; cursor: string | null } {
  const page = entries.slice(0, limit);
  const last = page.at(-1);
  const more = entries.length > limit && last !== undefined;
  return { entries: page, cursor: more ? encodeCursor(position(last)) : null };
}
