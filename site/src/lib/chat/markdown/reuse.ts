import type { Token } from 'marked';

type Nested = Token & { tokens?: Token[]; items?: Token[] };

/**
 * The token read again, with every part of it that has not changed being the very object from before:
 * what is drawn of those stays as it is, so that a long list that grows costs its newest item.
 */
export function reuse(before: Token | undefined, token: Token): Token {
  if (before === undefined || before.type !== token.type) return token;
  if (before.raw === token.raw) return before;
  const was = before as Nested;
  const now = token as Nested;
  if (now.items && was.items) now.items = reuseAll(was.items, now.items);
  if (now.tokens && was.tokens) now.tokens = reuseAll(was.tokens, now.tokens);
  return now;
}

function reuseAll(before: readonly Token[], tokens: readonly Token[]): Token[] {
  return tokens.map((token, place) => reuse(before[place], token));
}
