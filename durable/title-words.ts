/** Longest title a model may give, in characters; it is cut at a word. */
const MAX_TITLE_CHARS = 60;
/** A title's place in the answer of a model that thinks aloud first. */
const THOUGHTS = /<think>[\s\S]*?(?:<\/think>|$)/g;
const LABEL = /^(?:title|titel|titre|título)\s*[:：]\s*/i;
/** What models put around a title: marks of headings, lists, emphasis and quotation. */
const AROUND = /^[\s#>*_\-"'`“”„«»‘’「『《]+|[\s*_"'`“”«»‘’」』》]+$/g;
/** Characters that would turn the text around them, or break the line. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** The title in a model's answer: one line, without what stands around it. Null when there is none. */
export function titleIn(answer: string): string | null {
  const line = answer
    .replace(THOUGHTS, '')
    .split('\n')
    .map((text) =>
      text.replace(UNSEEN, ' ').replace(AROUND, '').replace(LABEL, '').replace(AROUND, ''),
    )
    .find((text) => text !== '');
  const title = (line ?? '').replace(/\s+/g, ' ').replace(/[.。]$/, '');
  const chars = [...title];
  if (chars.length === 0) return null;
  if (chars.length <= MAX_TITLE_CHARS) return title;
  const cut = chars.slice(0, MAX_TITLE_CHARS - 1).join('');
  const end = cut.lastIndexOf(' ');
  return `${(end > MAX_TITLE_CHARS / 2 ? cut.slice(0, end) : cut).trimEnd()}…`;
}
