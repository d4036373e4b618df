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

/** Put before a message that waited, or was under way, when the OpenClaw gateway restarted. */
const QUEUED_HEADER = /^\[Queued user message from a previous active turn;[^\]\n]*\]\n/;

/** OpenClaw's own words about that, put behind it or sent alone. */
const RESUME_NOTE = /(?:^|\n\n)\[System\] Your previous turn was interrupted[\s\S]*$/;

/** Turns that OpenClaw starts itself. */
const SYSTEM_TURN = /^\[System\] /;

/**
 * What a person wrote, out of the text of a user message as OpenClaw sends it: without internal
 * context blocks, the runtime line, the time stamp and what it adds after a restart. Any other text
 * comes back trimmed.
 *
 * @returns the person's text; '' when the message holds nothing of theirs.
 */
export function personText(text: string): string {
  const bare = text.includes(CONTEXT_BEGIN) ? text.replace(CONTEXT_BLOCK, '\n') : text;
  const own = bare
    .trim()
    .replace(RUNTIME_LINE, '')
    .replace(TIME_STAMP, '')
    .replace(RESUME_NOTE, '')
    .replace(QUEUED_HEADER, '')
    .trim();
  return SYSTEM_TURN.test(own) ? '' : own;
}
