/**
 * How a number changed since a time before, such as "12% more than in the 30 days before". Neither is
 * negative.
 */
export function changeWords(now: number, was: number, before: string): string {
  if (now === was) return `the same as in ${before}`;
  if (was === 0) return `none in ${before}`;
  const percent = Math.round((Math.abs(now - was) / was) * 100);
  const amount = percent === 0 ? 'less than 1%' : `${percent.toLocaleString('en')}%`;
  return `${amount} ${now > was ? 'more' : 'less'} than in ${before}`;
}
