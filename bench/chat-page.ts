import type { Browser } from 'playwright-core';
import { launchBrowser } from '../test/support/browser.ts';
import { newTenant } from '../test/support/agents.ts';
import { startScratchSystem } from '../test/support/scratch-system.ts';
import { ChatPage, type Streamed } from './chat-page/page.ts';
import { scriptsOf, type Script } from './chat-page/scripts.ts';
import type { Findings } from './report.ts';
import { spreadOf } from './statistics.ts';

/** Longest time the page may be deaf while an answer streams, ms. */
const MAX_LONG_TASK_MS = 100;
/** JavaScript that is loaded before somebody can write, gzip, KB of 1,000 bytes. */
const MAX_SCRIPT_KB = 150;
const DEFAULT_ROUNDS = 3;
const ANSWER_TOKENS = 10_000;
/** Faster than models speak, tokens a second: what is smooth here is smooth there. */
const TOKENS_PER_SECOND = 500;

/** Fewer characters than these are no such answer. */
const MIN_CHARS_PER_TOKEN = 2;

const ANSWERS = {
  prose: `!long ${ANSWER_TOKENS}`,
  markdown: `!long ${ANSWER_TOKENS} markdown`,
} as const;
type Kind = keyof typeof ANSWERS;
const KINDS = Object.keys(ANSWERS) as Kind[];

const NOTES = [
  `An answer of ${ANSWER_TOKENS} tokens at ${TOKENS_PER_SECOND} a second, from the double of OpenClaw and the stand-in for`,
  'AI Gateway through the whole local stack, in headless Chromium on the production bundle.',
  'prose     one paragraph that grows; the worst case for reading only what is new.',
  'markdown  headings, lists, code, tables and quotes.',
  'Long tasks are those of the Long Tasks API, 50 ms and more by the clock, from sending to the settled',
  'answer. The most CPU time of one task tells a slow page from a machine that is busy otherwise.',
];

/** Measures how the chat page bears a long answer, `rounds` times each, and what it loads first. */
export async function benchChatPage({
  rounds = DEFAULT_ROUNDS,
}: {
  rounds?: number;
}): Promise<Findings> {
  const { system, stop } = await startScratchSystem({
    openclaw: 'double',
    tokensPerSecond: TOKENS_PER_SECOND,
    say: console.log,
  });
  const browser = await launchBrowser();
  try {
    const { invite } = await newTenant(system.url, 'enterprise');
    return await measure(browser, { invite: invite.url, rounds });
  } finally {
    await browser.close();
    await stop();
  }
}

async function measure(
  browser: Browser,
  { invite, rounds }: { invite: string; rounds: number },
): Promise<Findings> {
  const page = await ChatPage.join(browser, invite);
  const scripts = await scriptsOf(page);
  // The agent wakes, and everything that is loaded once is loaded, before anything counts.
  await page.ask('Hello');
  const streamed: Record<Kind, Streamed[]> = { prose: [], markdown: [] };
  for (let round = 1; round <= rounds; round++)
    for (const kind of KINDS) {
      await page.newSession();
      const one = await page.ask(ANSWERS[kind]);
      if (one.answerChars < ANSWER_TOKENS * MIN_CHARS_PER_TOKEN) {
        throw new Error(`the answer has ${one.answerChars} characters: it was cut`);
      }
      streamed[kind].push(one);
      console.log(`round ${round} of ${rounds}  ${kind.padEnd(8)}  ${describe(one)}`);
    }
  return findingsOf(streamed, scripts);
}

const longest = ({ longTasksMs }: Streamed): number => Math.max(0, ...longTasksMs);

function findingsOf(streamed: Record<Kind, Streamed[]>, scripts: Script[]): Findings {
  const scriptKb = scripts.reduce((sum, { gzipBytes }) => sum + gzipBytes, 0) / 1_000;
  return {
    notes: NOTES,
    table: KINDS.map((kind) => {
      const all = streamed[kind];
      return {
        answer: kind,
        'longest task ms': spreadOf(all.map(longest)).median.toFixed(0),
        'most CPU ms': spreadOf(all.map(({ longestCpuMs }) => longestCpuMs)).median.toFixed(0),
        'long tasks': spreadOf(all.map(({ longTasksMs }) => longTasksMs.length)).median.toFixed(0),
        'median frame ms': spreadOf(all.map(({ frameMs }) => frameMs)).median.toFixed(1),
        'streamed s': spreadOf(all.map(({ wallMs }) => wallMs / 1_000)).median.toFixed(1),
      };
    }),
    bounds: [
      ...KINDS.map((kind) => ({
        name: `longest task while ${kind} streams, ms, median`,
        measured: spreadOf(streamed[kind].map(longest)).median,
        limit: MAX_LONG_TASK_MS,
      })),
      {
        name: 'JavaScript before somebody can write, gzip KB',
        measured: scriptKb,
        limit: MAX_SCRIPT_KB,
      },
    ],
    details: { streamed, scripts },
  };
}

function describe(one: Streamed): string {
  const tasks = `${one.longTasksMs.length} long tasks, longest ${longest(one).toFixed(0)} ms, most CPU ${one.longestCpuMs.toFixed(0)} ms`;
  return `${tasks}, frame ${one.frameMs.toFixed(1)} ms, ${(one.wallMs / 1_000).toFixed(1)} s`;
}
