import type { Links, Token, Tokens } from 'marked';
import { readBlocks } from './lexer.ts';
import { reuse } from './reuse.ts';

/** Text that is read in one go, in characters: what it becomes is drawn within a few frames. */
export const MAX_STEP_CHARS = 8_000;
/** Longest answer that is read again for the address of a link, in characters. */
const MAX_REREAD_CHARS = 32_000;
/** Groups of blocks, as blank lines part them, that are read again while an answer grows. */
const OPEN_GROUPS = 2;
const BLANK_LINE = /\n[ \t]*\n$/;

/** One block of an answer: a paragraph, a list, a table and the like. */
export interface Block {
  /** Its place in the answer. */
  key: number;
  token: Token;
  /** Of the newest heading up to here, its own where it is one: 1 is the page's. */
  level: number;
}

/** Blocks that stand together in the page, so that it can lay out only those that are looked at. */
export const BLOCKS_PER_CHUNK = 24;

/** An answer as blocks, while it grows. A new one is `EMPTY_MARKDOWN`. */
export interface GrowingMarkdown {
  /** What was read so far. */
  text: string;
  /** Whether that is all there is to read. */
  isWhole: boolean;
  blocks: readonly Block[];
  /** The same blocks in chunks; a chunk in which nothing has changed is the very one from before. */
  chunks: readonly (readonly Block[])[];
  /** How many of the blocks will not change any more, and how many characters they stand for. */
  settled: number;
  settledChars: number;
  links: Links;
}

export const EMPTY_MARKDOWN: GrowingMarkdown = {
  text: '',
  isWhole: true,
  blocks: [],
  chunks: [],
  settled: 0,
  settledChars: 0,
  links: {},
};

/**
 * Reads on in an answer that has grown, one step at a time. Only what comes after the
 * settled blocks is read again, which is the last blocks, since nothing that follows can change those
 * before them. An answer that is not the one before with something added is read anew.
 */
export function readOn(before: GrowingMarkdown, written: string): GrowingMarkdown {
  const whole = written.includes('\r') ? written.replace(/\r\n?/g, '\n') : written;
  const isMore = whole.startsWith(before.text);
  if (isMore && whole.length === before.text.length) return before;
  const start = isMore ? before : EMPTY_MARKDOWN;
  // A block that is longer than a step is read again with each: so the next one is as long as it.
  const step = Math.max(MAX_STEP_CHARS, start.text.length - start.settledChars);
  const text = whole.slice(0, start.text.length + step);
  const isWhole = text.length === whole.length;
  const links = { ...start.links };
  const read = readBlocks(text.slice(start.settledChars), links);
  // A link's address may come after the link. In a long answer that would mean reading it all again.
  const isReread =
    Object.keys(links).length > Object.keys(start.links).length && text.length <= MAX_REREAD_CHARS;
  if (!isReread) return { ...withRead(before, start, read), text, isWhole, links };
  return {
    ...withRead(EMPTY_MARKDOWN, EMPTY_MARKDOWN, readBlocks(text, links)),
    text,
    isWhole,
    links,
  };
}

/** The settled blocks of `start`, and then those that were read; unchanged ones are those of `before`. */
function withRead(
  before: GrowingMarkdown,
  start: GrowingMarkdown,
  read: readonly Token[],
): Pick<GrowingMarkdown, 'blocks' | 'chunks' | 'settled' | 'settledChars'> {
  const growing = placeOfGrowing(read);
  const blocks = start.blocks.slice(0, start.settled);
  let { settled, settledChars } = start;
  read.forEach((token, place) => {
    if (place < growing) settledChars += token.raw.length;
    if (token.type === 'space' || token.type === 'def') return;
    const key = blocks.length;
    const known = before.blocks[key];
    const same = reuse(known?.token, token);
    const level = levelOf(token, blocks.at(-1)?.level ?? 1);
    const isSame = known?.token === same && known.level === level;
    blocks.push(isSame ? known : { key, token: same, level });
    if (place < growing) settled = blocks.length;
  });
  return { blocks, chunks: inChunks(before.chunks, blocks), settled, settledChars };
}

/** Headings of an answer stand below the page's own, and none skips a level. */
function levelOf(token: Token, before: number): number {
  if (token.type !== 'heading') return before;
  return Math.min((token as Tokens.Heading).depth + 1, before + 1, 6);
}

function inChunks(
  before: GrowingMarkdown['chunks'],
  blocks: readonly Block[],
): GrowingMarkdown['chunks'] {
  return Array.from({ length: Math.ceil(blocks.length / BLOCKS_PER_CHUNK) }, (_, place) => {
    const chunk = blocks.slice(place * BLOCKS_PER_CHUNK, (place + 1) * BLOCKS_PER_CHUNK);
    const known = before[place];
    const isSame =
      known?.length === chunk.length && known.every((block, index) => block === chunk[index]);
    return isSame ? known : chunk;
  });
}

/**
 * The place of the first block that what follows may still change. A blank line ends what may become
 * one block with the next; but after a list `2` may turn out to be its next item, so that the last two
 * such groups stay open.
 */
function placeOfGrowing(tokens: readonly Token[]): number {
  let groups = 0;
  let place = tokens.length;
  while (place > 0 && groups < OPEN_GROUPS) {
    place -= 1;
    const isStart = place === 0 || BLANK_LINE.test(tokens[place - 1]?.raw ?? '');
    if (isStart && tokens[place]?.type !== 'space') groups += 1;
  }
  return place;
}
