/** A command line in a document, as a shell would hand it on. */
export interface DocumentedLine {
  /** Where it stands, from 1. */
  line: number;
  text: string;
  /** What comes after `skclaw`. */
  argv: string[];
}

const FENCE = /^\s*```(\w*)/;
/** How a block shows a command: a `console` block has output too. */
const COMMANDS: Readonly<Record<string, RegExp>> = {
  sh: /^\s*(?:npx )?skclaw (.*)$/,
  console: /^\s*\$ (?:npx )?skclaw (.*)$/,
};
const INLINE = /`(?:npx )?skclaw ([^`]+)`/g;
/** A word with its quotes, or what ends a command in a shell: a `#` only where a word could begin. */
const TOKEN = /(?<end>[|>;&]|(?<=^|\s)#)|(?<word>(?:"[^"]*"|'[^']*'|[^\s|>;&"'])+)/g;

/** The words of a command line: quotes are taken off, and it ends where a shell's command does. */
export function shellWords(text: string): string[] {
  const tokens = [...text.matchAll(TOKEN)].map(({ groups }) => groups?.['word'] ?? null);
  const end = tokens.indexOf(null);
  return tokens
    .slice(0, end === -1 ? tokens.length : end)
    .map((word) => (word ?? '').replaceAll(/"([^"]*)"|'([^']*)'/g, '$1$2'));
}

/**
 * The skclaw commands of a Markdown document: `blocks` are whole lines of shell blocks, `inline` what
 * the text names, where an argument may be left out.
 */
export function documentedLines(markdown: string): {
  blocks: DocumentedLine[];
  inline: DocumentedLine[];
} {
  const blocks: DocumentedLine[] = [];
  const inline: DocumentedLine[] = [];
  let block: string | null = null;
  for (const [index, text] of markdown.split('\n').entries()) {
    const found = (rest: string): DocumentedLine => ({
      line: index + 1,
      text: `skclaw ${rest}`,
      argv: shellWords(rest),
    });
    const fence = FENCE.exec(text);
    if (fence) block = block === null ? (fence[1] ?? '') : null;
    else if (block === null) {
      for (const [, rest = ''] of text.matchAll(INLINE)) inline.push(found(rest));
    } else {
      const rest = COMMANDS[block]?.exec(text)?.[1];
      if (rest !== undefined) blocks.push(found(rest));
    }
  }
  return { blocks, inline };
}
