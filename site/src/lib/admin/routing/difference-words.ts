import { fineMoneyWords } from '../../ui/words.ts';

/** The difference of two costs, nano-dollars, in money and percent: `−$1.20 (−40%)`. */
export function differenceWords(before: number, after: number): string {
  if (before === after) return 'no difference';
  const sign = after > before ? '+' : '−';
  const money = `${sign}${fineMoneyWords(Math.abs(after - before))}`;
  if (before === 0) return money;
  const percent = Math.round((Math.abs(after - before) / before) * 100);
  return `${money} (${percent === 0 ? '< 1' : `${sign}${percent}`}%)`;
}
