import type { AgentInspection } from '../contract/api.ts';
import type { TenantRecord } from '../contract/agent.ts';
import { limitsOf } from '../contract/tiers.ts';
import { readCell } from './cells.ts';
import { allDue } from './due.ts';
import { countByState } from './ledger-outbox.ts';
import { countMembers } from './members.ts';
import { readMeters } from './meter-reading.ts';
import { allSchedules } from './schedules.ts';
import { countSessions } from './sessions.ts';
import { headOf, listSnapshots, snapshotView } from './snapshot-index.ts';
import type { AgentDb } from './storage.ts';
import { openTurns } from './turns.ts';
import { statusOf, type WakeState } from './wake.ts';

/** Snapshots that an inspection lists. */
const LISTED_SNAPSHOTS = 20;

/** Everything an operator may see of an agent, read from its storage: it moves nothing. */
export function inspection(options: {
  db: AgentDb;
  record: TenantRecord;
  wake: WakeState;
  containerRunning: boolean;
  connections: number;
  constructedAt: number;
  now: number;
}): AgentInspection {
  const { db, record, wake } = options;
  const { minute, day, month } = readMeters(db, options.now);
  const { open, unsettled, final } = countByState(db);
  const policy = readCell(db, 'policy');
  const head = headOf(db);
  return {
    tenantId: record.id,
    slug: record.slug,
    tier: record.tier,
    status: record.status,
    recordVersion: record.version,
    agent: statusOf(wake, readCell(db, 'wakeTimes') ?? []),
    container: {
      running: options.containerRunning,
      generation: wake.generation,
      restored:
        wake.state === 'ready' && wake.restore
          ? { id: wake.restore.id, sha256: wake.restore.sha256 }
          : null,
    },
    sessions: countSessions(db),
    openTurns: openTurns(db).map((turn) => ({
      id: turn.id,
      sessionId: turn.sessionId,
      state: turn.state,
      since: turn.startedAt ?? turn.createdAt,
    })),
    connections: options.connections,
    members: countMembers(db),
    due: allDue(db),
    ledger: { open, unsettled, outbox: final, lastFlushAt: readCell(db, 'lastFlushAt') },
    limits: { may: limitsOf(record), minute, day, month },
    policy: policy && { version: policy.policy.version, fetchedAt: policy.fetchedAt },
    snapshots: listSnapshots(db, LISTED_SNAPSHOTS).map((row) => snapshotView(row, head)),
    schedules: allSchedules(db).map(({ id, name, enabled, nextAt }) => ({
      id,
      name,
      enabled,
      nextAt,
    })),
    lastIdleAt: readCell(db, 'activity')?.lastActiveAt ?? null,
    constructedAt: options.constructedAt,
  };
}
