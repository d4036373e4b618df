import type { AgentInspection, RoutingTestResult, TurnView } from '../contract/api.ts';
import type { AgentStatus, TenantRecord } from '../contract/agent.ts';
import type { AgentCalls, AgentCallsQuery } from '../contract/agent-calls.ts';
import type { AgentLogs, AgentLogsQuery } from '../contract/agent-logs.ts';
import type { SandboxLook } from '../contract/agent-sandbox.ts';
import type { AllowanceView } from '../contract/allowance.ts';
import type { ApiKeyView, CreateApiKeyBody, CreatedApiKey } from '../contract/api-keys.ts';
import type { DebugLogs, DebugProcesses } from '../contract/debug.ts';
import type { ApprovedDevice, ApprovedDevices, DeviceList } from '../contract/devices.ts';
import type { SessionEvent, SessionView } from '../contract/frames.ts';
import type {
  CreateInviteBody,
  InviteView,
  MemberView,
  SignInView,
  UpdateMemberBody,
} from '../contract/members.ts';
import type { RouteRequest } from '../contract/policy.ts';
import type {
  CreateScheduleBody,
  ScheduleRunView,
  ScheduleTimesQuery,
  ScheduleView,
  UpdateScheduleBody,
} from '../contract/schedules.ts';
import type { SnapshotView } from '../contract/snapshots.ts';
import type { TimelinePage, TimelineQuery } from '../contract/timeline.ts';
import type { Admission, AdmitInput, RetryInput, SettleInput } from './ledger.ts';
import type { Workload } from '../contract/tiers.ts';
import type { SnapshotObject } from './snapshot-index.ts';

/** Who asks an agent for something; made by the edge after it checked form and signature. */
export type Caller =
  | {
      kind: 'member';
      memberId: string;
      signInId: string;
      /** Normalised host of the request: an agent asked under another's answers `misdirected`. */
      host: string;
    }
  | {
      kind: 'key';
      keyId: string;
      /** SHA-256 of the key's secret, hex. */
      secretHash: string;
      host: string;
    }
  | { kind: 'operator'; subject: string; role: 'viewer' | 'maintainer' | 'admin' };

export interface Member {
  id: string;
  name: string;
  role: 'owner' | 'user' | 'operator';
}

export interface NewInvite extends InviteView {
  /** The secret of the link; kept nowhere. */
  token: string;
}

export interface SignedIn {
  member: Member;
  signInId: string;
  expiresAt: number;
}

/** How a call that was admitted goes on: its callers know its attempts by their ids. */
export interface LedgerRpc {
  retry(ended: SettleInput, input: RetryInput): Promise<Admission>;
  settle(input: SettleInput): Promise<{ failedCalls: number }>;
}

/** A model call of a program, as the edge hands it to its agent. */
export type ApiCall = Pick<
  AdmitInput,
  'callId' | 'requestBytes' | 'requestedMaxTokens' | 'model'
> & { workload: Workload | null };

/**
 * What the edge asks of a tenant's agent. Every method throws an AppError (it crosses RPC with its
 * `code`; see asAppError). Methods that take a Caller check it against the agent's own tables, so
 * that a revocation holds at the next request.
 */
export interface TenantAgentRpc extends LedgerRpc {
  /** Takes a newer record and ignores an older one; answers the version it has now. */
  apply(record: TenantRecord): Promise<{ version: number }>;
  /** A look that neither wakes the agent nor keeps it awake. */
  inspect(): Promise<AgentInspection>;
  status(): Promise<AgentStatus>;
  /** What happened, as far as it is kept. */
  timeline(query: TimelineQuery): Promise<TimelinePage>;
  /** Model calls that are not booked yet, or one by its id. */
  calls(query: AgentCallsQuery): Promise<AgentCalls>;
  /** The log of the sandbox that runs, or the end of the last one's. */
  logs(query: AgentLogsQuery): Promise<AgentLogs>;
  /**
   * What the supervisor says of its sandbox; null of an agent that is not awake. AppError
   * agent_unavailable when it gives no answer.
   */
  sandboxLook(): Promise<SandboxLook | null>;
  /** Starts a wake if none is under way, and answers at once with the state. */
  wake(): Promise<AgentStatus>;
  /** Starts falling asleep; with `force` even when the snapshot can't be stored. Answers at once. */
  sleep(options: { force: boolean }): Promise<AgentStatus>;
  /**
   * Starts another generation, and saves what runs before. AppError conflict, unless forced, while a
   * turn is open or a wake is under way. Answers at once.
   */
  restart(options: { force: boolean }): Promise<AgentStatus>;
  /** Sends the outbox to D1, settles what can be settled and takes the active policy, all now. */
  flush(): Promise<{ flushed: number; unsettled: number }>;
  /** Runs due steps that are overdue, for cron. */
  poke(): Promise<void>;
  /**
   * Goes on with emptying the agent of a tenant under deletion. True when nothing is left but the
   * agent itself: the container and its snapshots are gone, and every attempt is in D1.
   */
  erase(): Promise<{ erased: boolean }>;
  /** Ends an agent that is empty; its storage goes. Ending one that is gone changes nothing. */
  drop(): Promise<void>;

  /** Invites are for owners and operators: AppError forbidden for others. */
  listInvites(caller: Caller): Promise<InviteView[]>;
  /** `id` is a new ULID: whoever books the change knows what it is about. */
  createInvite(caller: Caller, id: string, body: CreateInviteBody): Promise<NewInvite>;
  revokeInvite(caller: Caller, id: string): Promise<InviteView>;
  /** Uses up an invite. `host` is the normalised host it was opened on. */
  signIn(options: { invite: string; name: string | undefined; host: string }): Promise<SignedIn>;
  signOut(caller: Caller): Promise<void>;
  /** Members are for owners and operators: AppError forbidden for others. */
  listMembers(caller: Caller): Promise<MemberView[]>;
  updateMember(caller: Caller, id: string, body: UpdateMemberBody): Promise<MemberView>;
  /** Removes a member and ends their sign-ins; members may remove themselves. AppError conflict for the last owner. */
  removeMember(caller: Caller, id: string): Promise<MemberView>;
  /** A user's own, and everybody's for owners and operators. */
  listSignIns(caller: Caller): Promise<SignInView[]>;
  revokeSignIn(caller: Caller, id: string): Promise<SignInView>;
  /** Ends a member's sign-ins but for the one that asks. */
  revokeOtherSignIns(caller: Caller): Promise<{ revoked: number }>;
  me(caller: Caller): Promise<{ member: Member; record: TenantRecord }>;

  listSessions(caller: Caller): Promise<SessionView[]>;
  createSession(caller: Caller, options: { title: string | undefined }): Promise<SessionView>;
  renameSession(caller: Caller, id: string, title: string): Promise<SessionView>;
  deleteSession(caller: Caller, id: string): Promise<void>;
  history(
    caller: Caller,
    id: string,
    options: { after: number; limit: number },
  ): Promise<{ session: SessionView; events: SessionEvent[]; more: boolean }>;
  /** Stores one message and queues its turn; waits for its end at most `waitMs`. */
  createTurn(
    caller: Caller,
    sessionId: string,
    /** `requestId` is for the log: which request asked for it. */
    options: { id: string; text: string; waitMs: number; requestId?: string },
  ): Promise<TurnView>;
  /** Stops the running turn of a session and drops its queued ones. */
  stopTurns(caller: Caller, sessionId: string): Promise<{ stopped: number }>;

  /** Keys are for owners and operators: AppError forbidden for others. */
  listApiKeys(caller: Caller): Promise<ApiKeyView[]>;
  /** `id` is a new ULID: whoever books the change knows what it is about. */
  createApiKey(caller: Caller, id: string, body: CreateApiKeyBody): Promise<CreatedApiKey>;
  /** Revokes a key; it holds at the next request. */
  revokeApiKey(caller: Caller, id: string): Promise<ApiKeyView>;
  /**
   * Admits a model call of a program, by its key. A workload of null is the key's first. AppError
   * unauthenticated and forbidden by the key, tenant_suspended and the like by the tenant. Settles
   * `ends` before, whatever becomes of the call: they are of attempts that others made.
   */
  admitApi(caller: Caller, call: ApiCall, ends: readonly SettleInput[]): Promise<Admission>;
  /** Settles attempts of programs whose answers came whole. */
  settleAll(ends: readonly SettleInput[]): Promise<void>;
  /** What a program may name as `model`: its key's workloads, and the models of its tier. */
  listModels(caller: Caller): Promise<{ workloads: Workload[]; models: string[] }>;

  /**
   * The devices of OpenClaw's own apps: those that wait to be let in, and those that are. For owners
   * and operators: AppError forbidden for others. OpenClaw alone knows them, so of an agent that is
   * not awake it is AppError conflict: looking never wakes one.
   */
  listDevices(caller: Caller): Promise<DeviceList>;
  /** Lets a device in with what it asked for. AppError not_found when it does not wait any more. */
  approveDevice(caller: Caller, requestId: string): Promise<ApprovedDevice>;
  /** Lets all in that wait. */
  approveDevices(caller: Caller): Promise<ApprovedDevices>;
  rejectDevice(caller: Caller, requestId: string): Promise<void>;
  /** Locks a device out; its connections are closed. AppError not_found. */
  removeDevice(caller: Caller, deviceId: string): Promise<void>;

  /** What the agent may use and has used: every member may know. */
  allowance(caller: Caller): Promise<AllowanceView>;

  listSchedules(caller: Caller): Promise<ScheduleView[]>;
  /** The next times of an expression that is not stored yet. AppError invalid_request names what is wrong with it. */
  scheduleTimes(caller: Caller, query: ScheduleTimesQuery): Promise<number[]>;
  readSchedule(caller: Caller, id: string): Promise<ScheduleView>;
  /** Changes are for owners and operators: AppError forbidden for others. */
  createSchedule(caller: Caller, body: CreateScheduleBody): Promise<ScheduleView>;
  updateSchedule(caller: Caller, id: string, body: UpdateScheduleBody): Promise<ScheduleView>;
  deleteSchedule(caller: Caller, id: string): Promise<void>;
  /** Queues a run now, asleep or awake; AppError conflict while one is open. */
  runSchedule(caller: Caller, id: string): Promise<ScheduleRunView>;
  scheduleRuns(caller: Caller, id: string, options: { limit: number }): Promise<ScheduleRunView[]>;

  /** Looks into a sandbox that is awake; they wake nothing. AppError conflict while it is asleep. */
  sandboxProcesses(): Promise<DebugProcesses>;
  sandboxLogs(options: { lines: number }): Promise<DebugLogs>;

  /** What is saved, for owners and operators: AppError forbidden for others. */
  ownSnapshots(caller: Caller): Promise<SnapshotView[]>;
  /** The newest first; a look that neither wakes the agent nor keeps it awake. */
  listSnapshots(): Promise<SnapshotView[]>;
  /** Begins a snapshot of a ready agent, and answers at once. AppError conflict when it can't be. */
  createSnapshot(): Promise<SnapshotView>;
  /** Where a snapshot's bytes are. AppError not_found, or conflict when it has none. */
  locateSnapshot(id: string): Promise<SnapshotObject>;
  /** Goes back to a snapshot as a new generation, and answers at once. */
  restoreSnapshot(id: string, options: { force: boolean }): Promise<AgentStatus>;
  /** AppError conflict for the one that the next wake restores from. */
  deleteSnapshot(id: string): Promise<void>;

  /** One real model call, booked under this agent. Used on the system tenant. */
  testRoute(request: RouteRequest): Promise<RoutingTestResult>;
}

/** What a generation's egress asks of the agent, on behalf of the container. */
export interface EgressRpc extends LedgerRpc {
  admit(input: AdmitInput): Promise<Admission>;
  /** AppError forbidden unless this is the restore point of this generation. */
  allowRestore(restore: { id: string; generation: number }): Promise<void>;
  redeemTicket(put: {
    id: string;
    ticket: string;
    generation: number;
    size: number;
  }): Promise<void>;
  /** AppError forbidden when it is not awaited any more: its object is an orphan then. */
  snapshotStored(stored: {
    id: string;
    generation: number;
    size: number;
    sha256: string;
  }): Promise<void>;
}

/** An agent as others hold it: its RPC methods, and `fetch` for sockets. */
export type AgentStub = TenantAgentRpc & EgressRpc & Pick<Fetcher, 'fetch'>;

/**
 * A socket: `stub.fetch` with a WebSocket upgrade and the caller as JSON in this header. The edge
 * strips it from what clients send.
 */
export const CALLER_HEADER = 'x-sk-caller';
/** The id of the request that asks for a socket, for the log. */
export const REQUEST_ID_HEADER = 'x-sk-request-id';
/** The path of an app's socket to OpenClaw; one that is not named here is the chat socket. */
export const APP_PATH = '/openclaw';
/** The path of an operator's socket that watches the agent. */
export const LIVE_PATH = '/live';
/** Where an app's socket came from, as the edge saw it. */
export const ADDRESS_HEADER = 'x-sk-address';
