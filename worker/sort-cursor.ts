import { AppError } from '../contract/errors.ts';

/** How a list is sorted, as its cursors say it. */
export interface Sorting {
  sort: string;
  order: 'asc' | 'desc';
}

/** Where a sorted list goes on: after the entry of this value and id. */
export interface SortPosition {
  value: string | number;
  id: string;
}

/** The cursor that stands for a position in a list that is sorted so. */
export function encodeSortCursor({ sort, order }: Sorting, { value, id }: SortPosition): string {
  return `${sort}.${order}.${typeof value === 'number' ? 'n' : 's'}${value}.${id}`;
}

const CURSOR = /^([a-z]{1,20})\.(asc|desc)\.(?:n(-?\d{1,15})|s([a-z0-9-]{1,64}))\.([a-z0-9-]{36})$/;

/**
 * The position of a cursor; null for none. Throws invalid_request for what is no cursor of ours, and
 * for that of a list that was sorted otherwise.
 */
export function decodeSortCursor(
  cursor: string | undefined,
  sorting: Sorting,
): SortPosition | null {
  if (cursor === undefined) return null;
  const [match, sort, order, number, text, id] = CURSOR.exec(cursor) ?? [];
  if (match === undefined || id === undefined) {
    throw new AppError('invalid_request', 'cursor: is not a cursor', {
      hint: 'Ask for the first page again.',
    });
  }
  if (sort !== sorting.sort || order !== sorting.order) {
    throw new AppError('invalid_request', `cursor: is of the list sorted by ${sort}, ${order}`, {
      hint: 'Ask for the first page again.',
    });
  }
  return { value: number === undefined ? (text ?? '') : Number(number), id };
}
