import type { AgentStatus, TenantRecord } from '../../contract/agent.ts';
import type { AgentCalls } from '../../contract/agent-calls.ts';
import type { AgentLogs } from '../../contract/agent-logs.ts';
import type { SandboxLook } from '../../contract/agent-sandbox.ts';
import type { AllowanceView } from '../../contract/allowance.ts';
import { formatApiKey, type ApiKeyView, type CreateApiKeyBody } from '../../contract/api-keys.ts';
import type { DeviceList } from '../../contract/devices.ts';
import { AppError } from '../../contract/errors.ts';
import type { SessionEvent, SessionView } from '../../contract/frames.ts';
import type {
  CreateInviteBody,
  InviteView,
  MemberView,
  SignInView,
  UpdateMemberBody,
} from '../../contract/members.ts';
import type {
  CreateScheduleBody,
  ScheduleRunView,
  ScheduleView,
} from '../../contract/schedules.ts';
import type { SnapshotView } from '../../contract/snapshots.ts';
import type { TimelinePage } from '../../contract/timeline.ts';
import { TIER_CONFIG } from '../../contract/tiers.ts';
import type { ApiCall, Caller } from '../../durable/index.ts';
import type { AgentStub } from '../agent.ts';

/** What an agent double was asked, by method. */
export interface Asked {
  method: string;
  args: unknown[];
}

export const SESSION: SessionView = {
  id: '01HZZZZZZZZZZZZZZZZZZZZZZZ',
  title: 'A conversation',
  createdAt: 1,
  updatedAt: 1,
  lastSeq: 0,
  working: false,
};

export const SAID: SessionEvent = {
  seq: 1,
  turnId: 'turn-1',
  at: 1,
  data: { type: 'user', text: 'What nobody else reads.', clientId: 'message-1', by: 'Ada' },
};

export const SNAPSHOT: SnapshotView = {
  id: '01HYYYYYYYYYYYYYYYYYYYYYYY',
  kind: 'sleep',
  state: 'stored',
  size: 14,
  sha256: 'a'.repeat(64),
  generation: 1,
  createdAt: 1,
  storedAt: 2,
  current: true,
};

const PROCESS = { pid: 1, ppid: 0, uid: 0, rssBytes: 1_024, name: 'node' };
const LOG_LINE = { seq: 1, at: 1, source: 'openclaw', level: 'info', msg: 'gateway is ready' };

export const LOOK: SandboxLook = {
  generation: 1,
  startedAt: 1,
  memory: { rssBytes: 1_024, openclawRssBytes: 2_048, limitBytes: null },
  openclaw: { version: '2026.1.1', restarts: 0 },
};

export const TIMELINE: TimelinePage = {
  entries: [{ seq: 1, at: 1, generation: 1, data: { type: 'start', restore: null } }],
  more: false,
  lastSeq: 1,
};

export const CALLS: AgentCalls = {
  calls: [
    {
      id: '01HRRRRRRRRRRRRRRRRRRRRRRR',
      state: 'open',
      source: 'sandbox',
      platform: 'streamkinetics.com',
      tier: 'free',
      workload: 'chat',
      sessionId: SESSION.id,
      turnId: 'turn-1',
      createdAt: 1,
      attempts: [
        {
          id: '01HRRRRRRRRRRRRRRRRRRRRRRR.1',
          attempt: 1,
          state: 'open',
          model: '@cf/zai-org/glm-4.7-flash',
          policyVersion: 1,
          outcome: null,
          settledBy: null,
          status: null,
          firstByteMs: null,
          latencyMs: 0,
          tokensIn: 0,
          tokensOut: 0,
          tokensCached: 0,
          costNano: 0,
          reservedNano: 9,
          logId: null,
          lookupAt: null,
          lookups: 0,
          createdAt: 1,
          settledAt: null,
        },
      ],
    },
  ],
  more: false,
};

export const LOGS: AgentLogs = {
  state: 'asleep',
  running: false,
  generation: 1,
  lines: [
    {
      seq: 1,
      generation: 1,
      at: 1,
      source: 'openclaw',
      level: 'info',
      text: 'gateway is ready',
    },
  ],
  next: 1,
  more: false,
};

export const SCHEDULE: ScheduleView = {
  id: '01HYYYYYYYYYYYYYYYYYYYYYYY',
  name: 'Every morning',
  cron: '0 9 * * *',
  timeZone: 'UTC',
  prompt: 'Say good morning.',
  sessionId: null,
  enabled: true,
  nextAt: 2,
  createdBy: 'Ada',
  createdAt: 1,
  updatedAt: 1,
  lastRun: null,
};

export const SCHEDULE_RUN: ScheduleRunView = {
  id: '01HXXXXXXXXXXXXXXXXXXXXXXX',
  dueAt: 2,
  trigger: 'manual',
  state: 'queued',
  reason: null,
  sessionId: SESSION.id,
  turnId: 'turn-1',
  startedAt: null,
  endedAt: null,
  tokensIn: 0,
  tokensOut: 0,
  costNano: 0,
};

export const ALLOWANCE: AllowanceView = {
  limits: TIER_CONFIG.free.limits,
  today: { start: 0, usedTokens: 1_200, renewsAt: 86_400_000 },
  budget: { month: 0, usedNano: 5, limitNano: 10, percent: 0, renewsAt: 2_678_400_000 },
  at: 1,
};

const DEVICE = {
  deviceId: 'd'.repeat(64),
  name: 'A phone',
  platform: 'ios',
  client: 'openclaw-ios',
  roles: ['operator'],
  scopes: ['operator.read'],
  address: '203.0.113.7',
};
export const DEVICES: DeviceList = {
  pending: [{ ...DEVICE, requestId: 'request-1', isRepair: false, requestedAt: 1 }],
  paired: [{ ...DEVICE, connected: true, approvedAt: 1, lastSeenAt: null }],
};

/** The secret part of the key that an agent double makes. */
const API_KEY_SECRET = 'k'.repeat(43);
const API_KEY: ApiKeyView = {
  id: '01HWWWWWWWWWWWWWWWWWWWWWWW',
  name: 'A program',
  prefix: 'skm_01HWWWWWWWWWWWWWWWWWWWWWWW',
  workloads: ['chat'],
  state: 'active',
  createdBy: 'Ada',
  createdAt: 1,
  expiresAt: null,
  revokedAt: null,
  lastUsedAt: null,
};
/** The key that an agent double takes. */
export const API_KEY_TEXT = formatApiKey(API_KEY.id, API_KEY_SECRET);

/** The one attempt of a call that an agent double admits. */
function attemptOf(callId: string) {
  const id = `${callId}.1`;
  return {
    id,
    callId,
    n: 1,
    model: '@cf/zai-org/glm-4.7-flash',
    policyVersion: 1,
    firstByteTimeoutMs: 1_000,
    maxOutputTokens: 100,
    hasFallback: false,
    metadata: { tenant: 't', platform: 'p', tier: 'free', workload: 'chat', call: id },
  };
}

const INVITE: InviteView = {
  id: '01HVVVVVVVVVVVVVVVVVVVVVVV',
  role: 'user',
  hostname: '',
  state: 'open',
  createdBy: 'Ada',
  createdAt: 1,
  expiresAt: 9_000_000_000_000,
  memberId: null,
  usedAt: null,
  usedBy: null,
  revokedAt: null,
};

export const MEMBER: MemberView = {
  id: '01HTTTTTTTTTTTTTTTTTTTTTTT',
  name: 'Ada',
  role: 'owner',
  state: 'active',
  createdAt: 1,
  removedAt: null,
  signIns: 1,
  lastSeenAt: null,
};

export const SIGN_IN: SignInView = {
  id: '01HSSSSSSSSSSSSSSSSSSSSSSS',
  memberId: MEMBER.id,
  hostname: '',
  state: 'active',
  createdAt: 1,
  expiresAt: 9_000_000_000_000,
  revokedAt: null,
  lastSeenAt: null,
  current: true,
};

const STATUS: AgentStatus = {
  state: 'asleep',
  since: 0,
  generation: 0,
  wakeStartedAt: null,
  expectedWakeMs: 1_000,
  timings: [],
  failure: null,
};

/**
 * An agent in memory: it keeps its record, one member by invite `INVITE_TOKEN`, and what it was
 * asked. `failWith` makes its next calls fail.
 */
export class AgentDouble {
  record: TenantRecord | null = null;
  readonly asked: Asked[] = [];
  failWith: Error | null = null;
  revoked = false;
  /** What its member is. */
  memberRole: 'owner' | 'user' = 'owner';
  /** Where the bytes of its snapshot are in R2. */
  snapshotKey = 'nowhere';
  /** Whether it has nothing left to book when it is erased. */
  settled = true;
  /** What it answers to a call that asks to be admitted. */
  admission: (callId: string) => unknown = (callId) => ({ ok: true, attempt: attemptOf(callId) });

  private invite(changed: Partial<InviteView>): InviteView {
    return { ...INVITE, hostname: this.record?.hostnames[0] ?? '', ...changed };
  }

  private refuseByStanding(): void {
    const { status } = this.record ?? { status: 'active' };
    if (status === 'suspended') throw new AppError('tenant_suspended', 'Suspended.');
    if (status === 'deleting') throw new AppError('tenant_deleted', 'Deleted.');
  }

  private check(caller: Caller): void {
    if (caller.kind === 'operator') return;
    if (!this.record) throw new AppError('tenant_not_found', 'No such tenant.');
    if (!this.record.hostnames.includes(caller.host)) throw new AppError('misdirected', 'Not me.');
    this.refuseByStanding();
    if (this.revoked) throw new AppError('unauthenticated', 'Signed out.');
  }

  private readonly methods: Record<string, (...args: never[]) => unknown> = {
    apply: (record: TenantRecord) => {
      if (!this.record && record.status === 'deleting') return { version: record.version };
      if (record.version > (this.record?.version ?? 0)) this.record = record;
      return { version: this.record?.version ?? 0 };
    },
    inspect: () => ({ tenantId: this.record?.id }),
    status: () => STATUS,
    wake: () => ({ ...STATUS, state: 'starting' }),
    sleep: () => STATUS,
    restart: () => ({ ...STATUS, state: 'draining' }),
    timeline: () => TIMELINE,
    calls: () => CALLS,
    logs: () => LOGS,
    flush: () => ({ flushed: 1, unsettled: 0 }),
    poke: () => undefined,
    ownSnapshots: () => [SNAPSHOT],
    listSnapshots: () => [SNAPSHOT],
    createSnapshot: () => SNAPSHOT,
    locateSnapshot: () => ({ key: this.snapshotKey, size: SNAPSHOT.size, sha256: SNAPSHOT.sha256 }),
    restoreSnapshot: () => STATUS,
    deleteSnapshot: () => undefined,
    sandboxLook: () => LOOK,
    sandboxProcesses: () => ({ processes: [PROCESS] }),
    sandboxLogs: ({ lines }: { lines: number }) => ({ lines: [LOG_LINE].slice(-lines) }),
    erase: () => ({ erased: this.record === null || this.settled }),
    drop: () => {
      this.record = null;
    },
    listInvites: () => [this.invite({})],
    createInvite: (_caller: Caller, id: string, { role }: CreateInviteBody) => {
      return { ...this.invite({ id, role }), token: INVITE_TOKEN };
    },
    revokeInvite: (_caller: Caller, id: string) => this.invite({ id, state: 'revoked' }),
    listMembers: () => [MEMBER],
    updateMember: (_caller: Caller, _id: string, body: UpdateMemberBody) => ({
      ...MEMBER,
      ...body,
    }),
    removeMember: () => ({ ...MEMBER, state: 'removed', removedAt: 3 }),
    listSignIns: () => [SIGN_IN],
    revokeSignIn: (_caller: Caller, id: string) => ({ ...SIGN_IN, id, state: 'revoked' }),
    revokeOtherSignIns: () => ({ revoked: 1 }),
    signIn: ({ host, invite }: { host: string; invite: string }) => {
      if (!this.record?.hostnames.includes(host)) throw new AppError('misdirected', 'Not me.');
      if (invite !== INVITE_TOKEN) throw new AppError('invite_invalid', 'Used up.');
      return {
        member: { id: 'member-1', name: 'Ada', role: 'owner' },
        signInId: 'sign-in-1',
        expiresAt: Date.now() + 3_600_000,
      };
    },
    signOut: (caller: Caller) => this.check(caller),
    me: (caller: Caller) => {
      this.check(caller);
      const member =
        caller.kind === 'member'
          ? { id: caller.memberId, name: 'Ada', role: this.memberRole }
          : caller.kind === 'key'
            ? { id: `key:${caller.keyId}`, name: 'A program', role: 'user' }
            : { id: caller.subject, name: caller.subject, role: 'operator' };
      return { member, record: this.record };
    },
    listSessions: (caller: Caller) => {
      this.check(caller);
      return [SESSION];
    },
    createSession: (caller: Caller, options: { title: string | undefined }) => {
      this.check(caller);
      return { ...SESSION, title: options.title ?? SESSION.title };
    },
    renameSession: (_caller: Caller, _id: string, title: string) => ({ ...SESSION, title }),
    deleteSession: () => undefined,
    history: () => ({ session: SESSION, events: [SAID], more: false }),
    createTurn: () => ({ turnId: 'turn-1', sessionId: SESSION.id, seq: 1, state: 'queued' }),
    stopTurns: () => ({ stopped: 1 }),
    allowance: () => ALLOWANCE,
    listSchedules: () => [SCHEDULE],
    scheduleTimes: () => [SCHEDULE.nextAt],
    readSchedule: () => SCHEDULE,
    createSchedule: (_caller: Caller, { name, cron, prompt }: CreateScheduleBody) => {
      return { ...SCHEDULE, name, cron, prompt };
    },
    updateSchedule: (_caller: Caller, _id: string, body: object) => ({ ...SCHEDULE, ...body }),
    deleteSchedule: () => undefined,
    runSchedule: () => SCHEDULE_RUN,
    scheduleRuns: () => [SCHEDULE_RUN],
    listApiKeys: () => [API_KEY],
    createApiKey: (_caller: Caller, _id: string, { name }: CreateApiKeyBody) => {
      return { ...API_KEY, name, key: formatApiKey(API_KEY.id, API_KEY_SECRET) };
    },
    revokeApiKey: () => ({ ...API_KEY, state: 'revoked', revokedAt: 3 }),
    listDevices: () => DEVICES,
    approveDevice: (_caller: Caller, requestId: string) => ({
      requestId,
      deviceId: DEVICE.deviceId,
    }),
    approveDevices: () => ({
      approved: [{ requestId: 'request-1', deviceId: DEVICE.deviceId }],
    }),
    rejectDevice: () => undefined,
    removeDevice: () => undefined,
    listModels: (caller: Caller) => {
      this.check(caller);
      return { workloads: ['chat'], models: ['@cf/zai-org/glm-4.7-flash'] };
    },
    admitApi: (caller: Caller, { callId }: ApiCall) => {
      this.check(caller);
      return this.admission(callId);
    },
    retry: ({ attemptId }: { attemptId: string }) => this.admission(attemptId.slice(0, -2)),
    settle: () => ({ failedCalls: 0 }),
    settleAll: () => undefined,
    testRoute: (request: object) => ({ ...request, policyVersion: 1 }),
  };

  /** The double as the edge's stub getter answers it. */
  readonly stub = new Proxy({} as AgentStub, {
    get: (_target, method: string) => {
      if (method === 'then') return undefined;
      return async (...args: never[]) => {
        this.asked.push({ method, args });
        if (this.failWith) throw this.failWith;
        if (method === 'fetch') return acceptSocket();
        const run = this.methods[method];
        if (!run) throw new Error(`The agent double has no ${method}.`);
        return run(...args);
      };
    },
  });
}

/** The only invite that an agent double takes. */
export const INVITE_TOKEN = 'an-invite-token-of-some-length';

function acceptSocket(): Response {
  const [client, server] = Object.values(new WebSocketPair());
  server?.accept();
  server?.send('hello');
  return new Response(null, { status: 101, webSocket: client });
}
