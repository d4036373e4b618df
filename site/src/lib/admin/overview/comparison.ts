import { countWords } from '../../ui/words.ts';

/** What a number is read against, and how it is written. */
interface Compared {
  today: number;
  yesterday: number;
  words?: (n: number) => string;
}

/**
 * Today so far beside all of yesterday. Half a day is no less work than a whole one, so it is said as a
 * share until it is more.
 */
export function besideWholeDay({ today, yesterday, words = countWords }: Compared): string {
  if (yesterday === 0) return today === 0 ? 'None yesterday either' : 'None yesterday';
  const all = `yesterday’s ${words(yesterday)}`;
  if (today > yesterday) return `${percentWords(today / yesterday - 1)} more than all of ${all}`;
  return today === yesterday
    ? `As many as all of ${all}`
    : `${percentWords(today / yesterday)} of ${all}`;
}

/** Today so far beside yesterday up to the same time of day. */
export function besideSameTime({ today, yesterday, words = countWords }: Compared): string {
  if (today === yesterday) {
    return today === 0 ? 'None by this time yesterday either' : 'As many as by this time yesterday';
  }
  if (yesterday === 0) return 'None by this time yesterday';
  const difference = words(Math.abs(today - yesterday));
  return `${difference} ${today > yesterday ? 'more' : 'fewer'} than by this time yesterday`;
}

function percentWords(share: number): string {
  if (share > 0 && share < 0.01) return 'Less than 1%';
  return share >= 10 ? 'Over 1,000%' : `${Math.round(share * 100)}%`;
}
