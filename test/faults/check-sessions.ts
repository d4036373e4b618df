import type { EventData } from '../../contract/frames.ts';
import type { Findings } from './findings.ts';
import type { SentMessage } from './member-client.ts';
import { scheduleRuns, storedEvents, storedTurns, type StoredEvent } from './store-files.ts';
import type { Subject } from './subject.ts';
import type { World } from './world.ts';

const isEnd = (data: EventData): boolean =>
  data.type === 'final' || data.type === 'aborted' || data.type === 'error';

/** How the turns of a run ended, for the report. */
export interface Ends {
  final: number;
  /** What each error said. */
  errors: string[];
}

/** Checks what a tenant's log and its member's stream say, against each other and the models' record. */
export function checkSessions(world: World, subject: Subject, findings: Findings): Ends {
  const events = storedEvents(subject.file);
  const ends: Ends = { final: 0, errors: [] };
  for (const problem of subject.client.problems) findings.fail('stream', subject.slug, problem);
  for (const message of subject.client.messages.values()) {
    const end = checkMessage(subject, message, events, findings);
    if (end?.type === 'final') ends.final++;
    if (end?.type === 'error') ends.errors.push(`${end.code}: ${end.message}`);
    if (end) checkEnd(world, subject, { text: message.text, end }, findings);
  }
  for (const sessionId of [subject.chat, subject.jobs]) {
    const stored = events.filter(({ session_id }) => session_id === sessionId);
    checkStream(subject, sessionId, stored, findings);
    checkNumbers(subject, sessionId, stored, findings);
  }
  checkRuns(subject, events, findings);
  return ends;
}

/** Acknowledged as one turn, stored once, ended once. Answers the end. */
function checkMessage(
  { slug }: Subject,
  { id, text, acks, refusals }: SentMessage,
  events: readonly StoredEvent[],
  findings: Findings,
): EventData | null {
  const turnIds = [...new Set(acks.map(({ turnId }) => turnId))];
  findings.expect(turnIds.length === 1, 'acknowledged', slug, () =>
    turnIds.length === 0
      ? `never acknowledged: ${text}; refused: ${refusals.join(', ')}`
      : `acknowledged as ${turnIds.length} turns: ${text}`,
  );
  const users = events.filter(({ data }) => data.type === 'user' && data.clientId === id);
  const ends = events.filter(({ turn_id, data }) => turnIds.includes(turn_id) && isEnd(data));
  const isOnce = users.length === 1 && ends.length === 1;
  findings.expect(isOnce, 'once in the log', slug, () => {
    return `${users.length} user events and ${ends.length} ends: ${text}`;
  });
  return ends[0]?.data ?? null;
}

function checkEnd(
  { models, isReal }: World,
  { tenantId, slug }: Subject,
  { text, end }: { text: string; end: EventData },
  findings: Findings,
): void {
  findings.expect(end.type !== 'aborted', 'answer', slug, () => `aborted by nobody of us: ${text}`);
  if (end.type === 'error')
    findings.expect(end.retryable, 'answer', slug, () => `an end without a way on: ${text}`);
  if (end.type !== 'final') return;
  const answers = models.answersTo(tenantId, text);
  const answer = end.text.trim();
  // The real one goes on with an interrupted turn with a sentence of its own behind the message.
  const isWhole = answers.has(answer) || (isReal && models.hasAnsweredAnew(tenantId, text, answer));
  findings.expect(isWhole, 'answer', slug, () => {
    return `“${text}” was answered with “${end.text}”, which is none of ${answers.size} answers`;
  });
}

/** Whatever the log holds, the member has got. */
function checkStream(
  { client, slug }: Subject,
  sessionId: string,
  stored: readonly StoredEvent[],
  findings: Findings,
): void {
  const got = client.sessions.get(sessionId)?.events;
  for (const { seq, data } of stored) {
    const same = JSON.stringify(got?.get(seq)?.data) === JSON.stringify(data);
    findings.expect(same, 'stream', slug, () => {
      return `the member of ${sessionId} has no event ${seq} (${data.type}) as it is stored`;
    });
  }
}

/** Events that go once their turn's end stands for them. */
const PASSING: ReadonlySet<string> = new Set(['delta', 'status', 'tool.update']);

/** Numbers are missing only where a turn was under way. */
function checkNumbers(
  { client, slug }: Subject,
  sessionId: string,
  stored: readonly StoredEvent[],
  findings: Findings,
): void {
  const numbers = new Set(stored.map(({ seq }) => seq));
  const got = client.sessions.get(sessionId)?.events;
  const first = stored.find(({ data }) => data.type === 'user')?.seq ?? Infinity;
  const last = stored.at(-1)?.seq ?? 0;
  findings.expect(numbers.size === stored.length, 'log', slug, () => 'a number is stored twice');
  for (let seq = 1; seq <= last; seq++) {
    if (numbers.has(seq)) continue;
    const seen = got?.get(seq)?.data.type;
    const wasPassing = seq > first && (seen === undefined || PASSING.has(seen));
    findings.expect(wasPassing, 'log', slug, () => `event ${seq} (${seen ?? 'unseen'}) is gone`);
  }
}

function checkRuns(subject: Subject, events: readonly StoredEvent[], findings: Findings): void {
  const turns = new Map(storedTurns(subject.file).map((turn) => [turn.id, turn]));
  const users = new Map<string, number>();
  for (const run of scheduleRuns(subject.file)) {
    if (run.turn_id === null) continue;
    users.set(run.turn_id, (users.get(run.turn_id) ?? 0) + 1);
    const ends = events.filter(({ turn_id, data }) => turn_id === run.turn_id && isEnd(data));
    const isOnce = users.get(run.turn_id) === 1 && ends.length === 1 && turns.has(run.turn_id);
    findings.expect(isOnce, 'schedule', subject.slug, () => {
      return `the run ${run.id} (${run.state}) has ${ends.length} ends`;
    });
  }
}
