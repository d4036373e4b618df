import { Lexer, Tokenizer, type Links, type Token, type Tokens, type TokensList } from 'marked';

/** Longest run of text that is searched for emphasis and links, in characters; a longer one is plain. */
const MAX_INLINE_CHARS = 20_000;
/** Deepest nesting of lists, quotes and emphasis; what is deeper is plain. */
const MAX_DEPTH = 24;
const LINE_BREAK = /^<br\s*\/?>/i;

/** Markdown without HTML: tags are text like any other, but for the line break. */
class PlainTokenizer extends Tokenizer {
  override html(): undefined {
    return undefined;
  }

  override tag(src: string): Tokens.Tag | undefined {
    const raw = LINE_BREAK.exec(src)?.[0];
    if (raw === undefined) return undefined;
    return { type: 'br', raw } as unknown as Tokens.Tag;
  }
}

/** What marked reads, with bounds: no answer can make it go as deep or take as long as it likes. */
class BoundedLexer extends Lexer {
  #depth = 0;

  override blockTokens(src: string, tokens?: Token[], isClipped?: boolean): Token[];
  override blockTokens(src: string, tokens?: TokensList, isClipped?: boolean): TokensList;
  override blockTokens(src: string, tokens: Token[] = [], isClipped = false): Token[] {
    if (this.#depth >= MAX_DEPTH) {
      tokens.push(plain(src));
      return tokens;
    }
    this.#depth += 1;
    try {
      return super.blockTokens(src, tokens, isClipped);
    } finally {
      this.#depth -= 1;
    }
  }

  override inlineTokens(src: string, tokens: Token[] = []): Token[] {
    if (src.length > MAX_INLINE_CHARS || this.#depth >= MAX_DEPTH) {
      tokens.push(plain(src));
      return tokens;
    }
    this.#depth += 1;
    try {
      return super.inlineTokens(src, tokens);
    } finally {
      this.#depth -= 1;
    }
  }
}

function plain(raw: string): Tokens.Text {
  return { type: 'text', raw, text: raw, escaped: true };
}

/**
 * The blocks of a text, in order: `raw` of all of them together is the text. `links` are reference
 * links known from before; those of the text are added to it.
 */
export function readBlocks(text: string, links: Links): Token[] {
  const lexer = new BoundedLexer({ gfm: true, breaks: true, tokenizer: new PlainTokenizer() });
  lexer.tokens.links = links;
  return lexer.lex(text);
}
