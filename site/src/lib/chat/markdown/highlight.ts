/** What a piece of code is; `plain` for all that is none of the others. */
export type CodeKind =
  | 'plain'
  | 'comment'
  | 'string'
  | 'number'
  | 'keyword'
  | 'name'
  | 'added'
  | 'removed';
export type CodePiece = readonly [kind: CodeKind, text: string];

/** Longest code that is coloured, in characters: beyond it the many elements cost more than they help. */
export const MAX_COLOURED_CHARS = 30_000;

const words = (text: string): string => text.trim().split(/\s+/).join('|');
const C_WORDS =
  words(`abstract as async await bool boolean break byte case catch char class const constexpr
  continue debugger def default defer delete do double elif else enum export extends extern false final
  finally float fn for from func function get go goto if impl implements import in instanceof int interface
  internal is let long loop map match mod mut namespace new nil null nullptr of operator override package
  private protected pub public readonly ref return satisfies select self set short signed sizeof static
  string struct super switch template this throw throws trait true try type typedef typeof undefined union
  unsafe unsigned use using val var virtual void volatile where while with yield`);
const HASH_WORDS =
  words(`and as assert async await begin break case class continue def del do done elif else
  elsif end ensure except export False false fi finally for from function global if import in is lambda
  local match module nil None nonlocal not null or pass raise rescue return self set then True true try
  unless until while with yield echo exit source sudo cd`);
const SQL_WORDS =
  words(`add all alter and as asc begin between by case column commit constraint create cross
  default delete desc distinct drop else end exists explain foreign from full function group having if in
  index inner insert into is join key left like limit local not null offset on or order outer primary
  references replace returning right rollback select set table then transaction trigger union unique update
  using values view when where with`);

const DOUBLE = String.raw`"(?:\\[\s\S]|[^"\\\n])*"?`;
const SINGLE = String.raw`'(?:\\[\s\S]|[^'\\\n])*'?`;
const TRIPLE = String.raw`"""[\s\S]*?(?:"""|(?![\s\S]))|'''[\s\S]*?(?:'''|(?![\s\S]))`;
const BACKTICKS = String.raw`\x60(?:\\[\s\S]|[^\x60\\])*\x60?`;
const NUMBER = String.raw`\b(?:0[xob][\da-f_]+|\d[\d_]*(?:\.\d+)?(?:e[+-]?\d+)?)[a-z%]*`;
/** Bounded, and never from the middle of a word: else a long word is read again from each letter. */
const CALL = String.raw`(?<![\p{L}\d_$])[\p{L}_$][\p{L}\d_$]{0,80}(?=\()`;

interface Rules {
  comment?: string;
  string?: string;
  keyword?: string;
  name?: string;
  added?: string;
  removed?: string;
  /** Read without regard to case. */
  anyCase?: boolean;
  noNumbers?: boolean;
}

const C_LIKE: Rules = {
  comment: String.raw`\/\/[^\n]*|\/\*[\s\S]*?(?:\*\/|(?![\s\S]))`,
  string: `${DOUBLE}|${SINGLE}|${BACKTICKS}`,
  keyword: String.raw`\b(?:${C_WORDS})\b`,
  name: CALL,
};
const HASH: Rules = {
  comment: String.raw`(?<![^\s;])#[^\n]*`,
  string: `${TRIPLE}|${DOUBLE}|${SINGLE}`,
  keyword: String.raw`\b(?:${HASH_WORDS})\b`,
  name: CALL,
};
const SETTINGS: Rules = {
  comment: String.raw`(?<![^\s])[#;][^\n]*`,
  string: `${DOUBLE}|${SINGLE}`,
  keyword: String.raw`\b(?:true|false|null|yes|no|on|off)\b`,
  name: String.raw`^[ \t-]{0,80}[\w.\-\/"']{1,80}(?=\s{0,20}[:=])|^\s{0,20}\[[^\]\n]{1,80}\]`,
};
const SQL: Rules = {
  comment: String.raw`--[^\n]*|\/\*[\s\S]*?(?:\*\/|(?![\s\S]))`,
  string: `${SINGLE}|${DOUBLE}`,
  keyword: String.raw`\b(?:${SQL_WORDS})\b`,
  name: CALL,
  anyCase: true,
};
const JSON_RULES: Rules = {
  name: String.raw`"(?:\\.|[^"\\\n])*"(?=\s{0,20}:)`,
  comment: String.raw`\/\/[^\n]*`,
  string: DOUBLE,
  keyword: String.raw`\b(?:true|false|null)\b`,
};
const CSS: Rules = {
  comment: String.raw`\/\*[\s\S]*?(?:\*\/|(?![\s\S]))`,
  string: `${DOUBLE}|${SINGLE}`,
  keyword: String.raw`@[\w-]+|![a-z]+`,
  name: String.raw`(?<![\w-])[\w-]{1,80}(?=\s{0,20}:\s)`,
};
const MARKUP: Rules = {
  comment: String.raw`<!--[\s\S]*?(?:-->|(?![\s\S]))`,
  string: String.raw`(?<==)(?:${DOUBLE}|${SINGLE})`,
  keyword: String.raw`<\/?[\w:.-]+|\/?>`,
  name: String.raw`(?<![\w:@.-])[\w:@.-]{1,80}(?==)`,
  noNumbers: true,
};
const DIFF: Rules = {
  keyword: String.raw`^(?:@@|diff |index |\+\+\+|---)[^\n]*`,
  added: String.raw`^\+[^\n]*`,
  removed: String.raw`^-[^\n]*`,
  noNumbers: true,
};

const LANGUAGES: readonly (readonly [names: string, rules: Rules])[] = [
  [
    'js jsx mjs cjs javascript ts tsx mts typescript java c h cpp c++ cc hpp cs csharp go golang rust rs kotlin kt swift php dart scala zig groovy glsl proto solidity objc',
    C_LIKE,
  ],
  [
    'py python rb ruby sh bash zsh shell console terminal fish ps1 powershell perl pl r elixir ex julia jl make makefile dockerfile docker nix awk',
    HASH,
  ],
  ['yaml yml toml ini cfg conf env properties', SETTINGS],
  ['sql sqlite postgres postgresql mysql lua haskell hs', SQL],
  ['json jsonc json5', JSON_RULES],
  ['css scss less', CSS],
  ['html xml svg svelte vue xhtml', MARKUP],
  ['diff patch', DIFF],
];
const KINDS = ['comment', 'added', 'removed', 'name', 'string', 'keyword'] as const;
/** Where a name would hide a keyword such as `if (`. */
const KEYWORD_FIRST = ['comment', 'string', 'keyword', 'name', 'added', 'removed'] as const;

const known = new Map<string, RegExp>();

function scannerOf(language: string): RegExp | null {
  const rules = LANGUAGES.find(([names]) => names.split(' ').includes(language))?.[1];
  if (rules === undefined) return null;
  const made = known.get(language);
  if (made !== undefined) return made;
  const order = rules === C_LIKE || rules === HASH || rules === SQL ? KEYWORD_FIRST : KINDS;
  const parts = order.flatMap((kind) =>
    rules[kind] === undefined ? [] : [`(?<${kind}>${rules[kind]})`],
  );
  if (rules.noNumbers !== true) parts.push(`(?<number>${NUMBER})`);
  const scanner = new RegExp(parts.join('|'), rules.anyCase === true ? 'gimu' : 'gmu');
  known.set(language, scanner);
  return scanner;
}

/**
 * Code in coloured pieces, which together are the code: a scanner of words, not a parser, so that it is
 * small and never fails. Code in an unknown language, and very long code, is one plain piece.
 */
export function highlight(code: string, language: string): CodePiece[] {
  const scanner = code.length > MAX_COLOURED_CHARS ? null : scannerOf(language.toLowerCase());
  if (scanner === null) return [['plain', code]];
  const pieces: CodePiece[] = [];
  let from = 0;
  for (const match of code.matchAll(scanner)) {
    const [text] = match;
    if (text === '') continue;
    if (match.index > from) pieces.push(['plain', code.slice(from, match.index)]);
    const kind = Object.entries(match.groups ?? {}).find(([, found]) => found !== undefined)?.[0];
    pieces.push([kind as CodeKind, text]);
    from = match.index + text.length;
  }
  if (from < code.length) pieces.push(['plain', code.slice(from)]);
  return pieces;
}
