/** The longest answer `!long` makes, in tokens. */
const MAX_LONG_TOKENS = 32_768;

/** A line of the user's text that asks the stand-in for something. */
export type Command =
  | { kind: 'tool'; name: string; args: Record<string, unknown> | null }
  | { kind: 'long'; tokens: number; isMarkdown: boolean }
  | { kind: 'say'; text: string };

const TOOL_LINE = /^!tool[ \t]+(\S+)[ \t]*(.*)$/;
const LONG_LINE = /^!long[ \t]+(\d{1,9})([ \t]+markdown)?[ \t]*$/;
const SAY_LINE = /^!say[ \t]*$/m;

/**
 * The commands in a user's text, in order: `!tool NAME {json}`, `!long N` and `!long N markdown`, each a
 * line of its own, and `!say`, with which all that follows is the answer, word for word. A tool's `args` are `{}` when none are given, and null when they are not a JSON object.
 */
export function parseCommands(text: string): Command[] {
  const say = SAY_LINE.exec(text);
  if (say) return [{ kind: 'say', text: text.slice(say.index + say[0].length + 1) }];
  const commands: Command[] = [];
  for (const line of text.split('\n')) {
    const tool = TOOL_LINE.exec(line.trim());
    if (tool?.[1]) commands.push({ kind: 'tool', name: tool[1], args: parseArgs(tool[2] ?? '') });
    const long = LONG_LINE.exec(line.trim());
    if (long) {
      const tokens = Math.min(Number(long[1]), MAX_LONG_TOKENS);
      commands.push({ kind: 'long', tokens, isMarkdown: long[2] !== undefined });
    }
  }
  return commands;
}

function parseArgs(json: string): Record<string, unknown> | null {
  if (!json.trim()) return {};
  try {
    const value: unknown = JSON.parse(json);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
    return Object.fromEntries(Object.entries(value));
  } catch {
    return null;
  }
}
