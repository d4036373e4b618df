import {
  index,
  integer,
  primaryKey,
  sqliteTable,
  text,
  uniqueIndex,
} from 'drizzle-orm/sqlite-core';
import type { ErrorCode } from '../../contract/errors.ts';
import type { EventData, EventType } from '../../contract/frames.ts';
import type { ScheduleRunState } from '../../contract/schedules.ts';
import type { Workload } from '../../contract/tiers.ts';
import type { TimelineData } from '../../contract/timeline.ts';
import type { SnapshotKind, SnapshotState } from '../../contract/snapshots.ts';
import type { CallSource, Outcome, Settlement } from '../../contract/usage.ts';

/**
 * The SQLite inside each TenantAgent: the truth for members, sign-ins, sessions, the ledger and the
 * snapshot index of one tenant. Times are UTC ms, money is nano-dollars.
 */

/** Single values kept as JSON: the tenant's record, the wake machine, the policy copy, activity. */
export const cells = sqliteTable('cells', {
  key: text().primaryKey(),
  value: text({ mode: 'json' }).notNull(),
});

/** The only user of the object's alarm: steps with a time. */
export const due = sqliteTable(
  'due',
  {
    kind: text().notNull(),
    key: text().notNull(),
    at: integer().notNull(),
    /** Failures in a row; the step backs off by them. */
    attempts: integer().notNull().default(0),
  },
  (t) => [primaryKey({ columns: [t.kind, t.key] }), index('due_at').on(t.at)],
);

export const members = sqliteTable('members', {
  id: text().primaryKey(),
  name: text().notNull(),
  role: text().$type<'owner' | 'user'>().notNull(),
  createdAt: integer('created_at').notNull(),
  revokedAt: integer('revoked_at'),
});

export const invites = sqliteTable('invites', {
  id: text().primaryKey(),
  /** SHA-256 of the token, hex; the token itself is shown once and kept nowhere. */
  tokenHash: text('token_hash').notNull().unique(),
  role: text().$type<'owner' | 'user'>().notNull(),
  hostname: text().notNull(),
  createdBy: text('created_by').notNull(),
  /** The member who made it; null for an operator's. */
  creatorId: text('creator_id'),
  /** The member who signs in by it; null when a new one does. */
  memberId: text('member_id'),
  createdAt: integer('created_at').notNull(),
  expiresAt: integer('expires_at').notNull(),
  usedAt: integer('used_at'),
  /** The member who came by it. */
  usedBy: text('used_by'),
  revokedAt: integer('revoked_at'),
});

export const signIns = sqliteTable(
  'sign_ins',
  {
    id: text().primaryKey(),
    memberId: text('member_id')
      .notNull()
      .references(() => members.id),
    hostname: text().notNull(),
    createdAt: integer('created_at').notNull(),
    expiresAt: integer('expires_at').notNull(),
    revokedAt: integer('revoked_at'),
    /** To the quarter of an hour; null before the first request. */
    lastSeenAt: integer('last_seen_at'),
  },
  (t) => [index('sign_ins_member').on(t.memberId)],
);

/** Keys of programs. The secret is shown once and only its hash is kept. */
export const apiKeys = sqliteTable('api_keys', {
  /** Also the readable part of the key. */
  id: text().primaryKey(),
  name: text().notNull(),
  /** SHA-256 of the key's secret part, hex. */
  secretHash: text('secret_hash').notNull(),
  /** What its calls may be made as. */
  workloads: text({ mode: 'json' }).$type<Workload[]>().notNull(),
  createdBy: text('created_by').notNull(),
  createdAt: integer('created_at').notNull(),
  /** Null never expires. */
  expiresAt: integer('expires_at'),
  revokedAt: integer('revoked_at'),
  /** To the minute; null before the first use. */
  lastUsedAt: integer('last_used_at'),
});

export const sessions = sqliteTable('sessions', {
  id: text().primaryKey(),
  title: text().notNull(),
  createdAt: integer('created_at').notNull(),
  updatedAt: integer('updated_at').notNull(),
  lastSeq: integer('last_seq').notNull().default(0),
});

/**
 * Deleted sessions that OpenClaw may still know; it is told when it is awake next. They are kept as long
 * as there is a snapshot that could bring them back.
 */
export const forgotten = sqliteTable('forgotten', {
  sessionId: text('session_id').primaryKey(),
  deletedAt: integer('deleted_at').notNull(),
  /** When it was told, UTC ms, and in which generation; null before. */
  toldAt: integer('told_at'),
  toldIn: integer('told_in'),
});

/** A session's log. Deltas go when their turn's final event is stored. */
export const events = sqliteTable(
  'events',
  {
    sessionId: text('session_id').notNull(),
    seq: integer().notNull(),
    turnId: text('turn_id').notNull(),
    type: text().$type<EventType>().notNull(),
    data: text({ mode: 'json' }).$type<EventData>().notNull(),
    at: integer().notNull(),
  },
  (t) => [primaryKey({ columns: [t.sessionId, t.seq] }), index('events_turn').on(t.turnId, t.type)],
);

export const turns = sqliteTable(
  'turns',
  {
    /** Also OpenClaw's idempotency key, and so its run id. */
    id: text().primaryKey(),
    sessionId: text('session_id').notNull(),
    /** The client's id of the message. */
    clientId: text('client_id').notNull(),
    state: text().$type<'queued' | 'running' | 'done' | 'aborted' | 'error'>().notNull(),
    workload: text().notNull(),
    text: text().notNull(),
    by: text().notNull(),
    userSeq: integer('user_seq').notNull(),
    /** The run that answers it: the turn's id, or OpenClaw's own after a crash. */
    runId: text('run_id'),
    /** OpenClaw's own id of the session, as its model calls carry it. */
    openclawSession: text('openclaw_session'),
    generation: integer(),
    /** Model calls made and failed for this turn; both are bounded. */
    calls: integer().notNull().default(0),
    failedCalls: integer('failed_calls').notNull().default(0),
    /** Why its newest model call was refused: OpenClaw has words of its own for that. */
    refusal: text({ mode: 'json' }).$type<{ code: ErrorCode; message: string }>(),
    /** What its model calls have used, as far as it is settled. */
    tokensIn: integer('tokens_in').notNull().default(0),
    tokensOut: integer('tokens_out').notNull().default(0),
    costNano: integer('cost_nano').notNull().default(0),
    stopRequested: text('stop_requested'),
    createdAt: integer('created_at').notNull(),
    startedAt: integer('started_at'),
    endedAt: integer('ended_at'),
  },
  (t) => [
    uniqueIndex('turns_client').on(t.sessionId, t.clientId),
    index('turns_state').on(t.state, t.createdAt),
  ],
);

/**
 * The ledger: one row per attempt upstream. `open` is an intent whose answer is awaited,
 * `unsettled` one whose usage must be looked up, `final` is in the outbox until it is in D1, and
 * `flushed` stays a while so that a repeated admit or settle changes nothing.
 */
export const attempts = sqliteTable(
  'attempts',
  {
    id: text().primaryKey(),
    callId: text('call_id').notNull(),
    attempt: integer().notNull(),
    state: text().$type<'open' | 'unsettled' | 'final' | 'flushed'>().notNull(),
    source: text().$type<CallSource>().notNull(),
    platform: text().notNull(),
    tier: text().notNull(),
    workload: text().notNull(),
    model: text().notNull(),
    policyVersion: integer('policy_version').notNull(),
    generation: integer(),
    sessionId: text('session_id'),
    turnId: text('turn_id'),
    /** Prices that the cost was computed with; null until it is final. */
    priceVersion: text('price_version'),
    /** Held until the attempt is final: an estimate from above. */
    reservedTokens: integer('reserved_tokens').notNull(),
    reservedNano: integer('reserved_nano').notNull(),
    tokensIn: integer('tokens_in').notNull().default(0),
    tokensOut: integer('tokens_out').notNull().default(0),
    tokensCached: integer('tokens_cached').notNull().default(0),
    costNano: integer('cost_nano').notNull().default(0),
    latencyMs: integer('latency_ms').notNull().default(0),
    firstByteMs: integer('first_byte_ms'),
    status: integer(),
    outcome: text().$type<Outcome>(),
    settledBy: text('settled_by').$type<Settlement>(),
    logId: text('log_id'),
    /** When the next look-up in AI Gateway's log is due, and how many there were. */
    lookupAt: integer('lookup_at'),
    lookups: integer().notNull().default(0),
    createdAt: integer('created_at').notNull(),
    settledAt: integer('settled_at'),
  },
  (t) => [index('attempts_state').on(t.state, t.createdAt)],
);

/**
 * The snapshot index. A row is written as a ticket and counts once R2 has stored the object. `damaged`
 * is one whose restore did not verify; `deleting` one whose object is about to go.
 */
export const snapshots = sqliteTable('snapshots', {
  id: text().primaryKey(),
  kind: text().$type<SnapshotKind>().notNull(),
  state: text().$type<SnapshotState>().notNull(),
  generation: integer().notNull(),
  /** SHA-256 of the one-use ticket, hex; null once it was used. */
  ticketHash: text('ticket_hash'),
  ticketExpiresAt: integer('ticket_expires_at').notNull(),
  /** The agent's count of changes that it holds, at least. */
  changes: integer().notNull().default(0),
  size: integer(),
  sha256: text(),
  createdAt: integer('created_at').notNull(),
  storedAt: integer('stored_at'),
});

export const schedules = sqliteTable('schedules', {
  id: text().primaryKey(),
  name: text().notNull(),
  /** Five fields, read in `timeZone`. */
  cron: text().notNull(),
  /** IANA name. */
  timeZone: text('time_zone').notNull(),
  prompt: text().notNull(),
  /** Where its runs are written; null until the first run has made a session of its own. */
  sessionId: text('session_id'),
  enabled: integer({ mode: 'boolean' }).notNull(),
  /** The time of its next run, UTC ms; null while it is off. */
  nextAt: integer('next_at'),
  createdBy: text('created_by').notNull(),
  createdAt: integer('created_at').notNull(),
  updatedAt: integer('updated_at').notNull(),
});

/** What became of each time a schedule was due. The unique index makes a time happen once. */
export const scheduleRuns = sqliteTable(
  'schedule_runs',
  {
    id: text().primaryKey(),
    scheduleId: text('schedule_id')
      .notNull()
      .references(() => schedules.id, { onDelete: 'cascade' }),
    /** The time it was due, UTC ms; for one run by hand, when that was asked for. */
    dueAt: integer('due_at').notNull(),
    trigger: text().$type<'time' | 'manual'>().notNull(),
    state: text().$type<ScheduleRunState>().notNull(),
    turnId: text('turn_id'),
    sessionId: text('session_id'),
    /** Why it was skipped or failed, in a sentence. */
    reason: text(),
    startedAt: integer('started_at'),
    endedAt: integer('ended_at'),
    tokensIn: integer('tokens_in').notNull().default(0),
    tokensOut: integer('tokens_out').notNull().default(0),
    costNano: integer('cost_nano').notNull().default(0),
  },
  (t) => [
    uniqueIndex('schedule_runs_once').on(t.scheduleId, t.trigger, t.dueAt),
    index('schedule_runs_turn').on(t.turnId),
  ],
);

/** What happened to the agent, for operators; only the newest rows are kept. */
export const timeline = sqliteTable('timeline', {
  seq: integer().primaryKey(),
  at: integer().notNull(),
  generation: integer().notNull(),
  data: text({ mode: 'json' }).$type<TimelineData>().notNull(),
});
