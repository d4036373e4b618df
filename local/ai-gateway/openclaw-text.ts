const CONTEXT_BEGIN = '<<<BEGIN_OPENCLAW_INTERNAL_CONTEXT>>>';
const CONTEXT_END = '<<<END_OPENCLAW_INTERNAL_CONTEXT>>>';

/** A context block with its markers on lines of their own; one that is not closed runs to the end. */
const CONTEXT_BLOCK = new RegExp(
  `(?:^|\\n)[ \\t]*${CONTEXT_BEGIN}[ \\t]*(?:\\n|$)[\\s\\S]*?(?:(?:^|\\n)[ \\t]*${CONTEXT_END}[ \\t]*(?=\\n|$)|$)`,
  'g',
);

/** The facts about the run that OpenClaw appends to the first message of a session. */
const RUNTIME_LINE = /(?:^|\n\n)Runtime: (?:name|agent)=[^\n|]*(?: \| [^\n|]*)+$/;

/** "[Sun 2026-11-22 09:47 UTC] ", put before what the user wrote. */
const TIME_STAMP =
  /^\[(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) \d{4}-\d\d-\d\d \d\d:\d\d(?: [^\]\n]{1,40})?\] ?/;

/** Turns that OpenClaw starts itself, e.g. to resume what a restart interrupted. */
const SYSTEM_TURN = /^\[System\] /;

/**
 * What a person wrote, out of the text of a user message as OpenClaw sends it: without internal
 * context blocks, the runtime line and the time stamp. Any other text comes back trimmed.
 *
 * @returns the person's text; '' when the message holds nothing of theirs.
 */
export function personText(text: string): string {
  const bare = text.includes(CONTEXT_BEGIN) ? text.replace(CONTEXT_BLOCK, '\n') : text;
  const own = bare.trim().replace(RUNTIME_LINE, '').replace(TIME_STAMP, '').trim();
  return SYSTEM_TURN.test(own) ? '' : own;
}
