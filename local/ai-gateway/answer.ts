import { createHash } from 'node:crypto';
import type { ChatRequest } from './chat-request.ts';
import { parseCommands } from './commands.ts';
import { contentText, readConversation, type Conversation } from './conversation.ts';

/** How much of each of the user's texts is quoted, in characters: enough to recognise it. */
export const MAX_QUOTE_CHARS = 200;
/** How much of a tool's result is quoted, in characters. */
const MAX_RESULT_QUOTE_CHARS = 400;
/** How many earlier texts are quoted; older ones are counted only, so that answers stay short. */
export const MAX_EARLIER_QUOTES = 20;
/** A title's length, in words. */
const TITLE_WORDS = 6;
/** A system message above this length, in characters, is an agent's prompt, not a request for a title. */
const MAX_TITLE_PROMPT_CHARS = 2_000;

const INTRODUCTION =
  'I am the local stand-in for Cloudflare AI Gateway: no model was asked, I only quote what I was sent.';

/** What the stand-in says to a request. */
export type Answer =
  | { kind: 'text'; text: string }
  | { kind: 'tool'; callId: string; name: string; args: string };

/**
 * The answer to a request: a pure function of its body, so that what an agent remembers is visible.
 * It quotes the newest user text and the earlier ones; a line `!tool NAME {json}` becomes a call of
 * that tool, `!long N` an answer of about N tokens, `!say` one of the words that follow it, a short system message about a title a title.
 */
export function answer(request: ChatRequest): Answer {
  const conversation = readConversation(request.messages);
  if (asksForTitle(request)) return { kind: 'text', text: title(conversation) };
  const newest = conversation.userTexts.at(-1);
  if (newest === undefined) {
    return { kind: 'text', text: `${INTRODUCTION} There is no message of a user in this request.` };
  }
  const commands = parseCommands(newest);
  const said = commands.find((command) => command.kind === 'say');
  if (said && said.text.trim() !== '') return { kind: 'text', text: said.text };
  const wanted = commands.filter((command) => command.kind === 'tool');
  const next = wanted[conversation.toolResults.length];
  const remarks: string[] = [];
  if (next) {
    const refusal = toolRefusal(request, next);
    if (refusal === null) return toolCall(request, next.name, next.args ?? {});
    remarks.push(refusal);
  }
  const long = commands.find((command) => command.kind === 'long');
  if (long) {
    return {
      kind: 'text',
      text: long.isMarkdown ? longMarkdown(long.tokens) : longText(long.tokens),
    };
  }
  return { kind: 'text', text: quote(conversation, remarks) };
}

function quote(conversation: Conversation, remarks: readonly string[]): string {
  const texts = conversation.userTexts;
  const sentences = [INTRODUCTION, `You wrote: ${quoted(texts.at(-1) ?? '', MAX_QUOTE_CHARS)}`];
  for (const result of conversation.toolResults) {
    const tool = result.tool === null ? 'A tool' : `The tool ${result.tool}`;
    sentences.push(`${tool} answered: ${quoted(result.text, MAX_RESULT_QUOTE_CHARS)}`);
  }
  sentences.push(...remarks);
  return `${sentences.join(' ')} ${earlier(texts.slice(0, -1))}`;
}

function earlier(texts: readonly string[]): string {
  if (texts.length === 0) return 'I see no earlier message of this conversation.';
  const skipped = Math.max(0, texts.length - MAX_EARLIER_QUOTES);
  const lines = texts
    .slice(skipped)
    .map((text, index) => `${skipped + index + 1}. ${quoted(text, MAX_QUOTE_CHARS)}`);
  const older = skipped === 0 ? '' : ` The oldest ${skipped} are left out.`;
  return `Earlier in this conversation you wrote:${older}\n${lines.join('\n')}`;
}

function quoted(text: string, maxChars: number): string {
  const line = text.replace(/\s+/g, ' ').trim();
  if (line.length <= maxChars) return `“${line}”`;
  const cut = line.slice(0, maxChars).replace(/[\uD800-\uDBFF]$/, '');
  return `“${cut.trimEnd()}…”`;
}

function toolRefusal(
  request: ChatRequest,
  wanted: { name: string; args: Record<string, unknown> | null },
): string | null {
  const offered = (request.tools ?? []).map((tool) => tool.function.name);
  if (request.tool_choice === 'none') return 'I was told not to call any tool.';
  if (!offered.includes(wanted.name)) {
    const list = offered.length === 0 ? 'none' : offered.join(', ');
    return `I cannot call the tool ${wanted.name}: the tools I was offered are: ${list}.`;
  }
  if (wanted.args === null) {
    return `I cannot call the tool ${wanted.name}: its arguments are not a JSON object.`;
  }
  return null;
}

function toolCall(request: ChatRequest, name: string, args: Record<string, unknown>): Answer {
  const json = JSON.stringify(args);
  // The place in the conversation makes the id unique in it; hexadecimal survives OpenClaw's clean-up.
  const seed = `${request.messages.length}\n${name}\n${json}`;
  const callId = `call${createHash('sha256').update(seed).digest('hex').slice(0, 20)}`;
  return { kind: 'tool', callId, name, args: json };
}

/** Each sentence is SENTENCE_TOKENS tokens in the o200k encoding; its number adds none up to 999. */
const SENTENCE_TOKENS = 9;

function longText(tokens: number): string {
  const sentences = Math.max(1, Math.round(tokens / SENTENCE_TOKENS));
  return Array.from(
    { length: sentences },
    (_, index) => `Sentence ${(index + 1) % 1000} of a long local answer.`,
  ).join(' ');
}

/** What a long answer in markdown is made of, again and again: about MARKDOWN_TOKENS tokens. */
const MARKDOWN_TOKENS = 120;
const markdownPart = (n: number): string =>
  [
    `## Part ${n}`,
    `A paragraph with **bold** and *slanted* words, a bit of \`code\` and [a link](https://example.com/${n}).`,
    `- first point of part ${n}\n- second point\n  - a point below it`,
    `\`\`\`ts\nexport function part${n}(value: number): string {\n  // Part ${n} of many.\n  return \`part \${value + ${n}}\`;\n}\n\`\`\``,
    `| name | value |\n|---|---:|\n| part | ${n} |\n| next | ${n + 1} |`,
    `> A remark on part ${n}.`,
  ].join('\n\n');

function longMarkdown(tokens: number): string {
  const parts = Math.max(1, Math.round(tokens / MARKDOWN_TOKENS));
  return Array.from({ length: parts }, (_, index) => markdownPart(index + 1)).join('\n\n');
}

function asksForTitle(request: ChatRequest): boolean {
  if (request.tools?.length) return false;
  return request.messages.some((message) => {
    if (message.role !== 'system' && message.role !== 'developer') return false;
    const text = contentText(message);
    return text.length <= MAX_TITLE_PROMPT_CHARS && /\btitle\b/i.test(text);
  });
}

function title(conversation: Conversation): string {
  const first = (conversation.userTexts[0] ?? '').replace(/^\s*(?:user|member)\s*:/i, '');
  const words = first.match(/[\p{L}\p{N}][\p{L}\p{N}'’-]*/gu) ?? [];
  const text = words.slice(0, TITLE_WORDS).join(' ').slice(0, MAX_QUOTE_CHARS);
  return text || 'Untitled conversation';
}
