import { DatabaseSync } from 'node:sqlite';
import { MAX_TIMELINE_ENTRIES, type TimelineData } from '../../contract/timeline.ts';
import type { Prng } from '../../test/faults/prng.ts';
import { insertRows, inTransaction, type Row } from './insert-rows.ts';

const MINUTE_MS = 60_000;
const SESSIONS = 120;
const TURNS = 150;
const SNAPSHOTS = 40;
const MODEL = '@cf/zai-org/glm-4.7-flash';

/**
 * Gives an agent a long life: a full timeline, sessions of which one is long, and snapshots. Its
 * Worker must not run. Answers the long session's id.
 */
export function liveLong(
  file: string,
  of: { prng: Prng; now: number; idAt: (at: number) => string },
): string {
  const { now, idAt } = of;
  using db = new DatabaseSync(file);
  const sessionId = idAt(now);
  inTransaction(db, () => {
    insertRows(db, 'timeline', timelineRows(of.prng, { now, sessionId, idAt }));
    insertRows(db, 'sessions', sessionRows({ now, sessionId, idAt }));
    insertRows(db, 'events', eventRows({ now, sessionId, idAt }));
    insertRows(db, 'snapshots', snapshotRows({ now, idAt }));
  });
  return sessionId;
}

interface Life {
  now: number;
  sessionId: string;
  idAt: (at: number) => string;
}

function* timelineRows(prng: Prng, { now, sessionId, idAt }: Life): Generator<Row> {
  for (let seq = 1; seq <= MAX_TIMELINE_ENTRIES; seq++) {
    const at = now - (MAX_TIMELINE_ENTRIES - seq) * 7 * MINUTE_MS;
    const turnId = idAt(at);
    const call: TimelineData = {
      type: 'call',
      callId: idAt(at),
      turnId,
      workload: 'chat',
      model: MODEL,
      attempts: 1,
      costNano: prng.below(5_000_000),
      outcome: 'ok',
      settledBy: 'exact',
      ms: 500 + prng.below(8_000),
    };
    const steps: TimelineData[] = [
      { type: 'start', restore: null },
      { type: 'stage', stage: 'booting', ms: 900 },
      { type: 'ready', ms: 9_000, restored: null },
      { type: 'turn.started', sessionId, turnId, workload: 'chat' },
      call,
      { type: 'turn.ended', sessionId, turnId, state: 'done', ms: 12_000 },
      { type: 'drain', force: false, again: false },
      { type: 'asleep', ms: 2_000 },
    ];
    const data = JSON.stringify(steps[seq % steps.length]);
    yield { seq, at, generation: 1 + Math.floor(seq / steps.length), data };
  }
}

function* sessionRows({ now, sessionId, idAt }: Life): Generator<Row> {
  for (let n = 0; n < SESSIONS; n++) {
    const at = now - n * 600 * MINUTE_MS;
    yield {
      id: n === 0 ? sessionId : idAt(at),
      title: `Conversation ${n}`,
      created_at: at,
      updated_at: at,
      last_seq: n === 0 ? 2 * TURNS : 0,
    };
  }
}

function* eventRows({ now, sessionId, idAt }: Life): Generator<Row> {
  for (let turn = 0; turn < TURNS; turn++) {
    const at = now - (TURNS - turn) * MINUTE_MS;
    const shared = { session_id: sessionId, turn_id: idAt(at), at };
    const user = { type: 'user', text: `Question ${turn}`, clientId: `message-${turn}`, by: 'x' };
    const final = { type: 'final', text: `Answer ${turn}. `.repeat(40) };
    yield { ...shared, seq: 2 * turn + 1, type: 'user', data: JSON.stringify(user) };
    yield { ...shared, seq: 2 * turn + 2, type: 'final', data: JSON.stringify(final) };
  }
}

function* snapshotRows({ now, idAt }: Omit<Life, 'sessionId'>): Generator<Row> {
  for (let n = 0; n < SNAPSHOTS; n++) {
    const at = now - n * 360 * MINUTE_MS;
    yield {
      id: idAt(at),
      kind: n % 3 === 0 ? 'checkpoint' : 'sleep',
      state: 'stored',
      generation: SNAPSHOTS - n,
      ticket_expires_at: at,
      changes: SNAPSHOTS - n,
      size: 40_000_000 + n,
      sha256: 'c'.repeat(64),
      created_at: at,
      stored_at: at + 900,
    };
  }
}
