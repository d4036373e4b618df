import { DurableObject } from 'cloudflare:workers';
import { decodeTime } from 'ulid';
import type { AgentInspection, RoutingTestResult, TurnView } from '../contract/api.ts';
import type { AgentStatus, TenantRecord } from '../contract/agent.ts';
import type { AgentCalls, AgentCallsQuery } from '../contract/agent-calls.ts';
import type { AgentLogs, AgentLogsQuery } from '../contract/agent-logs.ts';
import type { SandboxLook } from '../contract/agent-sandbox.ts';
import type { AllowanceView } from '../contract/allowance.ts';
import type { ApiKeyView, CreateApiKeyBody, CreatedApiKey } from '../contract/api-keys.ts';
import type { DebugLogs, DebugProcesses } from '../contract/debug.ts';
import type { ApprovedDevice, ApprovedDevices, DeviceList } from '../contract/devices.ts';
import { AppError } from '../contract/errors.ts';
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
import type { Workload } from '../contract/tiers.ts';
import type { TimelinePage, TimelineQuery } from '../contract/timeline.ts';
import { Apps } from './apps.ts';
import { readCell } from './cells.ts';
import { nativeContainer } from './container.ts';
import { Conversations } from './conversations.ts';
import { atMost } from './deadline.ts';
import { Devices } from './devices.ts';
import { Door } from './door.ts';
import { isArmed, nextDueAt, noteArmed, noteDisarmed, setDue } from './due.ts';
import { closeEnded } from './ended-sockets.ts';
import type { AgentEnv } from './env.ts';
import { countByState } from './ledger-outbox.ts';
import type { Admission, AdmitInput, RetryInput, SettleInput } from './ledger.ts';
import { Lifecycle } from './lifecycle.ts';
import { agentLog, reasonOf } from './log.ts';
import { Membership } from './membership.ts';
import { Metering } from './metering.ts';
import { migrate } from './migrate.ts';
import { Oversight } from './oversight.ts';
import { PolicyCache } from './policy-cache.ts';
import { Programs } from './programs.ts';
import { recallLost } from './recall.ts';
import { ADDRESS_HEADER, APP_PATH, CALLER_HEADER, LIVE_PATH, REQUEST_ID_HEADER } from './rpc.ts';
import type { ApiCall, Caller, EgressRpc, Member, NewInvite, SignedIn } from './rpc.ts';
import type { TenantAgentRpc } from './rpc.ts';
import { runDue, type DueWork } from './run-due.ts';
import { SandboxDriver } from './sandbox-driver.ts';
import { ScheduleAccess } from './schedule-access.ts';
import { planPrewake } from './schedule-prewake.ts';
import { Scheduling } from './scheduling.ts';
import { SessionAccess } from './session-access.ts';
import { SnapshotDriver } from './snapshot-driver.ts';
import type { SnapshotObject } from './snapshot-index.ts';
import { SnapshotIntake } from './snapshot-intake.ts';
import { CLOSE_DELETED, closeCode, Sockets } from './sockets.ts';
import { openDb, type AgentDb } from './storage.ts';
import { Tenure } from './tenure.ts';
import { TurnDriver } from './turn-driver.ts';
import { TurnPump } from './turn-pump.ts';
import { openTurns } from './turns.ts';
import type { WakeState } from './wake.ts';
import { Watchers } from './watchers.ts';

/** An alarm waits for its steps so long, ms; schedules and watchdogs wait for the alarm. */
const ALARM_WAIT_MS = 500;

/**
 * One tenant's agent: the actor that owns its sandbox, sessions, limits and bill. A method loads,
 * asks the module next door, stores and tells; what must not be forgotten is in its SQLite.
 */
export class TenantAgent extends DurableObject<AgentEnv> implements TenantAgentRpc, EgressRpc {
  readonly #db: AgentDb;
  readonly #door: Door;
  readonly #sockets: Sockets;
  readonly #sandbox: SandboxDriver;
  readonly #turns: TurnDriver;
  readonly #metering: Metering;
  readonly #policy: PolicyCache;
  readonly #membership: Membership;
  readonly #programs: Programs;
  readonly #pump: TurnPump;
  readonly #snapshots: SnapshotDriver;
  readonly #scheduling: Scheduling;
  readonly #schedules: ScheduleAccess;
  readonly #conversations: Conversations;
  readonly #sessions: SessionAccess;
  readonly #lifecycle: Lifecycle;
  readonly #tenure: Tenure;
  readonly #intake: SnapshotIntake;
  readonly #apps: Apps;
  readonly #devices: Devices;
  readonly #oversight: Oversight;
  readonly #watchers: Watchers;
  readonly #log = agentLog(() => this.#door.known?.id ?? null);

  constructor(ctx: DurableObjectState, env: AgentEnv) {
    super(ctx, env);
    migrate(ctx.storage);
    const db = openDb(ctx.storage);
    const now = Date.now;
    const door = new Door({ db, now });
    const record = (): TenantRecord => door.record();
    const waitUntil = (work: Promise<unknown>): void => ctx.waitUntil(work);
    const openGateway = () => this.#openGateway();
    const pump = (): void => this.#pump.pump();
    const rested = (): Promise<void> => this.#arm();
    const ended = (): void => this.#closeEnded();
    this.#db = db;
    this.#door = door;
    this.#sockets = new Sockets(ctx);
    this.#policy = new PolicyCache({ db, d1: env.DB, now, waitUntil });
    this.#metering = new Metering({
      db,
      env,
      policy: this.#policy,
      record,
      generation: () => this.#sandbox.wake.generation,
      budgetChanged: (budget) => this.#sockets.broadcast({ type: 'budget', budget }),
      turnUsed: (turnId) => this.#conversations.turnUsed(turnId),
      log: this.#log,
      now,
      waitUntil,
    });
    const { policy, metering } = { policy: this.#policy, metering: this.#metering };
    this.#membership = new Membership({ db, door, now, ended });
    this.#programs = new Programs({ db, door, metering, policy, now, ended });
    this.#sandbox = new SandboxDriver({
      db,
      container: ctx.container ? nativeContainer(ctx.container) : null,
      egress: (generation) => this.#egress(generation),
      record,
      policy: () => this.#policy.get(),
      safeTools: env.DEV_MODE === 'true',
      now,
      changed: (wake) => this.#wakeChanged(wake),
      log: this.#log,
    });
    this.#turns = new TurnDriver({
      db,
      now,
      openGateway,
      recall: (sessionId) => this.#recall(sessionId),
      emit: (sessionId, events) => this.#conversations.emit(sessionId, events),
      ended: (turn) => {
        this.#lifecycle.turnEnded(turn);
        this.#conversations.ended(turn);
      },
      lost: (reason) => this.#log({ level: 'warn', msg: 'link to OpenClaw lost', reason }),
    });
    this.#pump = new TurnPump({
      db,
      sandbox: this.#sandbox,
      turns: this.#turns,
      openGateway,
      now,
      waitUntil,
      used: () => this.#lifecycle.touch(),
      rested,
      log: this.#log,
    });
    this.#snapshots = new SnapshotDriver({
      db,
      bucket: env.SNAPSHOTS,
      sandbox: this.#sandbox,
      record,
      now,
      waitUntil,
      pump,
      rested,
      log: this.#log,
    });
    this.#scheduling = new Scheduling({
      db,
      record,
      now,
      queued: (queued) => this.#conversations.queued(queued),
      wakeAhead: () => this.#lifecycle.wake(false),
    });
    this.#schedules = new ScheduleAccess({ db, door, scheduling: this.#scheduling, now });
    this.#lifecycle = new Lifecycle({
      db,
      env,
      door,
      sandbox: this.#sandbox,
      pump: this.#pump,
      turns: this.#turns,
      snapshots: this.#snapshots,
      now,
      waitUntil,
    });
    this.#conversations = new Conversations({
      db,
      door,
      sockets: this.#sockets,
      turns: this.#turns,
      status: () => this.#lifecycle.status(),
      budget: () => this.#metering.budget(),
      nameSession: (sessionId) => this.#metering.nameSession(sessionId),
      log: this.#log,
      now,
      pump,
    });
    const conversations = this.#conversations;
    this.#sessions = new SessionAccess({ db, door, conversations, rested, log: this.#log });
    const { sandbox, lifecycle } = { sandbox: this.#sandbox, lifecycle: this.#lifecycle };
    const touch = (): void => lifecycle.touch();
    this.#apps = new Apps({
      db,
      door,
      sandbox,
      demand: () => lifecycle.wake(false),
      touch,
      now,
      waitUntil,
      rested,
      log: this.#log,
    });
    this.#oversight = new Oversight({
      db,
      door,
      sandbox,
      lifecycle,
      isContainerRunning: () => ctx.container?.running ?? false,
      connections: () => this.#sockets.count + this.#apps.count,
      constructedAt: now(),
      now,
    });
    const inspect = (): AgentInspection => this.#oversight.inspect();
    this.#watchers = new Watchers({ ctx, db, door, inspect, now, log: this.#log });
    this.#devices = new Devices({ db, door, sandbox, openGateway, touch, now });
    this.#tenure = new Tenure({
      db,
      door,
      bucket: env.SNAPSHOTS,
      sockets: this.#sockets,
      apps: this.#apps,
      sandbox: this.#sandbox,
      turns: this.#turns,
      metering: this.#metering,
      openGateway,
      now,
      waitUntil,
      pump,
      rested,
      log: this.#log,
    });
    this.#intake = new SnapshotIntake({ db, door, sandbox, tenure: this.#tenure, now });
    if (!ctx.container) return;
    if (ctx.container.running) void ctx.blockConcurrencyWhile(() => this.#sandbox.adopt());
    this.#lifecycle.goOn();
  }

  /* The tenant's record, and the agent's life */

  async apply(record: TenantRecord): Promise<{ version: number }> {
    return this.#armed({ version: this.#tenure.apply(record) });
  }

  async erase(): Promise<{ erased: boolean }> {
    return this.#armed({ erased: await this.#tenure.erase() });
  }

  async drop(): Promise<void> {
    const { erased } = await this.erase();
    if (!erased) throw new AppError('conflict', 'The agent is not empty yet.');
    this.#watchers.closeAll(CLOSE_DELETED, 'deleted');
    this.#door.close();
    // Also where nothing is known: construction has written the schema.
    await this.ctx.storage.deleteAll();
  }

  async status(): Promise<AgentStatus> {
    this.#door.record();
    return this.#lifecycle.status();
  }

  async inspect(): Promise<AgentInspection> {
    return this.#oversight.inspect();
  }

  async timeline(query: TimelineQuery): Promise<TimelinePage> {
    return this.#oversight.timeline(query);
  }

  async calls(query: AgentCallsQuery): Promise<AgentCalls> {
    return this.#oversight.calls(query);
  }

  logs(query: AgentLogsQuery): Promise<AgentLogs> {
    return this.#oversight.logs(query);
  }

  sandboxLook(): Promise<SandboxLook | null> {
    return this.#oversight.sandboxLook();
  }

  async restart({ force }: { force: boolean }): Promise<AgentStatus> {
    return this.#armed(this.#oversight.restart(force));
  }

  async wake(): Promise<AgentStatus> {
    this.#door.active();
    this.#lifecycle.touch();
    this.#lifecycle.wake(true);
    return this.#armed(this.#lifecycle.status());
  }

  async sleep({ force }: { force: boolean }): Promise<AgentStatus> {
    this.#door.record();
    if (openTurns(this.#db).length > 0 && !force) {
      throw new AppError('conflict', 'A turn is open. Stop it, wait for it, or force the sleep.');
    }
    this.#lifecycle.drain(force);
    return this.#armed(this.#lifecycle.status());
  }

  async poke(): Promise<void> {
    await this.alarm();
    // What cron read was out of date, or it would not have poked.
    if (this.#door.known) await this.#lifecycle.report();
  }

  async flush(): Promise<{ flushed: number; unsettled: number }> {
    this.#door.record();
    const flushed = await this.#metering.flushNow();
    await this.#policy.refresh();
    return this.#armed({ flushed, unsettled: countByState(this.#db).unsettled });
  }

  /* Members */

  async listInvites(caller: Caller): Promise<InviteView[]> {
    return this.#membership.listInvites(caller);
  }

  async createInvite(caller: Caller, id: string, body: CreateInviteBody): Promise<NewInvite> {
    return this.#membership.createInvite(caller, id, body);
  }

  async revokeInvite(caller: Caller, id: string): Promise<InviteView> {
    return this.#membership.revokeInvite(caller, id);
  }

  async signIn(options: {
    invite: string;
    name: string | undefined;
    host: string;
  }): Promise<SignedIn> {
    return this.#armed(this.#membership.signIn(options));
  }

  async signOut(caller: Caller): Promise<void> {
    await this.#armed(this.#membership.signOut(caller));
  }

  async listMembers(caller: Caller): Promise<MemberView[]> {
    return this.#membership.listMembers(caller);
  }

  async updateMember(caller: Caller, id: string, body: UpdateMemberBody): Promise<MemberView> {
    return this.#membership.updateMember(caller, id, body);
  }

  async removeMember(caller: Caller, id: string): Promise<MemberView> {
    return this.#armed(this.#membership.removeMember(caller, id));
  }

  async listSignIns(caller: Caller): Promise<SignInView[]> {
    return this.#membership.listSignIns(caller);
  }

  async revokeSignIn(caller: Caller, id: string): Promise<SignInView> {
    return this.#armed(this.#membership.revokeSignIn(caller, id));
  }

  async revokeOtherSignIns(caller: Caller): Promise<{ revoked: number }> {
    return this.#armed(this.#membership.revokeOtherSignIns(caller));
  }

  async me(caller: Caller): Promise<{ member: Member; record: TenantRecord }> {
    return { member: this.#door.identify(caller), record: this.#door.record() };
  }

  /* Sessions and turns */

  async listSessions(caller: Caller): Promise<SessionView[]> {
    return this.#sessions.list(caller);
  }

  async createSession(
    caller: Caller,
    { title }: { title: string | undefined },
  ): Promise<SessionView> {
    return this.#sessions.create(caller, title);
  }

  async renameSession(caller: Caller, id: string, title: string): Promise<SessionView> {
    return this.#sessions.rename(caller, id, title);
  }

  deleteSession(caller: Caller, id: string): Promise<void> {
    return this.#sessions.delete(caller, id);
  }

  async history(
    caller: Caller,
    id: string,
    options: { after: number; limit: number },
  ): Promise<{ session: SessionView; events: SessionEvent[]; more: boolean }> {
    return this.#sessions.history(caller, id, options);
  }

  createTurn(
    caller: Caller,
    sessionId: string,
    options: { id: string; text: string; waitMs: number; requestId?: string },
  ): Promise<TurnView> {
    return this.#sessions.createTurn(caller, sessionId, options);
  }

  stopTurns(caller: Caller, sessionId: string): Promise<{ stopped: number }> {
    return this.#sessions.stop(caller, sessionId);
  }

  /* Programs */

  async listApiKeys(caller: Caller): Promise<ApiKeyView[]> {
    return this.#programs.list(caller);
  }

  async createApiKey(caller: Caller, id: string, body: CreateApiKeyBody): Promise<CreatedApiKey> {
    return this.#programs.create(caller, id, body);
  }

  async revokeApiKey(caller: Caller, id: string): Promise<ApiKeyView> {
    return this.#armed(this.#programs.revoke(caller, id));
  }

  async admitApi(caller: Caller, call: ApiCall, ends: readonly SettleInput[]): Promise<Admission> {
    try {
      this.#metering.settleAll(ends);
      return await this.#programs.admit(caller, call);
    } finally {
      await this.#arm();
    }
  }

  async settleAll(ends: readonly SettleInput[]): Promise<void> {
    this.#metering.settleAll(ends);
    await this.#arm();
  }

  listModels(caller: Caller): Promise<{ workloads: Workload[]; models: string[] }> {
    return this.#programs.models(caller);
  }

  /* Devices of OpenClaw's own apps */

  listDevices(caller: Caller): Promise<DeviceList> {
    return this.#devices.list(caller);
  }

  async approveDevice(caller: Caller, requestId: string): Promise<ApprovedDevice> {
    return this.#armed(await this.#devices.approve(caller, requestId));
  }

  async approveDevices(caller: Caller): Promise<ApprovedDevices> {
    return this.#armed(await this.#devices.approveAll(caller));
  }

  async rejectDevice(caller: Caller, requestId: string): Promise<void> {
    await this.#armed(await this.#devices.reject(caller, requestId));
  }

  async removeDevice(caller: Caller, deviceId: string): Promise<void> {
    await this.#armed(await this.#devices.remove(caller, deviceId));
  }

  async allowance(caller: Caller): Promise<AllowanceView> {
    this.#door.identify(caller);
    return this.#metering.allowance();
  }

  /* Schedules */

  async listSchedules(caller: Caller): Promise<ScheduleView[]> {
    return this.#schedules.list(caller);
  }

  async scheduleTimes(caller: Caller, query: ScheduleTimesQuery): Promise<number[]> {
    return this.#schedules.timesAhead(caller, query);
  }

  async readSchedule(caller: Caller, id: string): Promise<ScheduleView> {
    return this.#schedules.read(caller, id);
  }

  async createSchedule(caller: Caller, body: CreateScheduleBody): Promise<ScheduleView> {
    return this.#armed(this.#schedules.create(caller, body));
  }

  async updateSchedule(
    caller: Caller,
    id: string,
    body: UpdateScheduleBody,
  ): Promise<ScheduleView> {
    return this.#armed(this.#schedules.update(caller, id, body));
  }

  async deleteSchedule(caller: Caller, id: string): Promise<void> {
    await this.#armed(this.#schedules.delete(caller, id));
  }

  async runSchedule(caller: Caller, id: string): Promise<ScheduleRunView> {
    return this.#armed(this.#schedules.run(caller, id));
  }

  async scheduleRuns(
    caller: Caller,
    id: string,
    { limit }: { limit: number },
  ): Promise<ScheduleRunView[]> {
    return this.#schedules.runs(caller, id, limit);
  }

  /* Sockets */

  override async fetch(request: Request): Promise<Response> {
    if (request.headers.get('upgrade')?.toLowerCase() !== 'websocket') {
      throw new AppError('upgrade_required', 'This address takes WebSocket connections only.');
    }
    const { headers, url } = request;
    const caller = JSON.parse(headers.get(CALLER_HEADER) ?? 'null') as Caller;
    const webSocket = await this.#connect(new URL(url).pathname, caller, headers);
    const requestId = headers.get(REQUEST_ID_HEADER);
    this.#log({ level: 'info', msg: 'socket opened', requestId, caller: caller.kind });
    return new Response(null, { status: 101, webSocket });
  }

  #connect(path: string, caller: Caller, headers: Headers): Promise<WebSocket> {
    if (path === APP_PATH) return this.#connectApp(caller, headers.get(ADDRESS_HEADER));
    if (path === LIVE_PATH) return this.#armed(this.#watchers.connect(caller));
    return this.#armed(this.#conversations.connect(caller));
  }

  async #connectApp(caller: Caller, address: string | null): Promise<WebSocket> {
    try {
      return await this.#apps.connect(caller, address);
    } finally {
      await this.#arm();
    }
  }

  override async webSocketMessage(socket: WebSocket, data: string | ArrayBuffer): Promise<void> {
    if (this.#watchers.has(socket)) return this.#watchers.receive(socket);
    await this.#conversations.receive(socket, data);
    await this.#arm();
  }

  override async webSocketClose(socket: WebSocket, code: number, reason: string): Promise<void> {
    socket.close(closeCode(code), reason);
  }

  /* The ledger, for the egress, for programs and for routing tests */

  async admit(input: AdmitInput): Promise<Admission> {
    return this.#armed(await this.#metering.admit(input));
  }

  async retry(ended: SettleInput, input: RetryInput): Promise<Admission> {
    return this.#armed(await this.#metering.retry(ended, input));
  }

  async settle(input: SettleInput): Promise<{ failedCalls: number }> {
    return this.#armed(this.#metering.settle(input));
  }

  async testRoute(request: RouteRequest): Promise<RoutingTestResult> {
    try {
      return await this.#metering.test(request);
    } finally {
      await this.#arm();
    }
  }

  /* Snapshots, for operators; owners may look */

  async ownSnapshots(caller: Caller): Promise<SnapshotView[]> {
    this.#door.seer(caller);
    return this.#snapshots.list();
  }

  async listSnapshots(): Promise<SnapshotView[]> {
    return this.#snapshots.list();
  }

  async createSnapshot(): Promise<SnapshotView> {
    this.#door.record();
    return this.#armed(await this.#snapshots.create());
  }

  async locateSnapshot(id: string): Promise<SnapshotObject> {
    return this.#snapshots.locate(id);
  }

  async restoreSnapshot(id: string, options: { force: boolean }): Promise<AgentStatus> {
    this.#door.active();
    this.#snapshots.restore(id, options);
    return this.#armed(this.#lifecycle.status());
  }

  async deleteSnapshot(id: string): Promise<void> {
    this.#snapshots.remove(id);
    await this.#arm();
  }

  /* Looks into the sandbox, for admins */

  sandboxProcesses(): Promise<DebugProcesses> {
    return this.#oversight.processes();
  }

  sandboxLogs({ lines }: { lines: number }): Promise<DebugLogs> {
    return this.#oversight.sandboxLogs(lines);
  }

  /* Snapshots, for the egress */

  async allowRestore(restore: { id: string; generation: number }): Promise<void> {
    this.#intake.allowRestore(restore);
  }

  redeemTicket(put: {
    id: string;
    ticket: string;
    generation: number;
    size: number;
  }): Promise<void> {
    return this.#intake.redeemTicket(put);
  }

  async snapshotStored(put: {
    id: string;
    generation: number;
    size: number;
    sha256: string;
  }): Promise<void> {
    try {
      this.#intake.stored(put);
    } finally {
      await this.#arm();
    }
  }

  /* Due */

  override async alarm(): Promise<void> {
    if (this.#door.isClosed) return;
    noteDisarmed(this.#db);
    const deps = { db: this.#db, now: Date.now, log: this.#log };
    const ran = runDue(this.#dueWork, deps).finally(() => this.#arm());
    this.ctx.waitUntil(ran);
    // The next alarm rings only after this one: a slow step goes on without it.
    await atMost(ALARM_WAIT_MS, ran);
    await this.#arm();
  }

  readonly #dueWork: DueWork = {
    wake: () => this.#lifecycle.watchWake(),
    turn: (id) => this.#lifecycle.watchTurn(id),
    idle: () => this.#lifecycle.checkIdle(),
    report: () => this.#lifecycle.report(),
    sweep: () => this.#metering.sweep(),
    flush: async () => void (await this.#metering.flush()),
    notice: (key) => this.#metering.notify(key),
    suspend: () => this.#tenure.suspend(),
    erase: () => this.#tenure.watchErasure(),
    schedule: (id) => this.#scheduling.step(id),
    prewake: () => this.#scheduling.prewake(),
    checkpoint: () => this.#snapshots.checkpoint(),
    snapshot: (id) => this.#snapshots.watch(id),
    retention: (key) => this.#snapshots.retain(key),
    expire: () => this.#closeEnded(),
    name: (sessionId) => this.#conversations.name(sessionId),
  };

  async #arm(): Promise<void> {
    if (isArmed(this.#db)) return;
    const armedAt = await this.ctx.storage.getAlarm();
    if (this.#door.isClosed) return;
    // Read after the await: of two that arm at once, neither sets an older time.
    const at = nextDueAt(this.#db);
    noteArmed(this.#db);
    if (at === armedAt) return;
    await (at === null ? this.ctx.storage.deleteAlarm() : this.ctx.storage.setAlarm(at));
  }

  async #armed<T>(value: T): Promise<T> {
    await this.#arm();
    return value;
  }

  /* What its parts ask of it */

  async #openGateway(): Promise<{ socket: WebSocket; token: string; generation: number }> {
    const { tokens, generation } = this.#sandbox.wake;
    const supervisor = this.#sandbox.supervisor();
    if (!supervisor || !tokens) throw new AppError('agent_unavailable', 'The agent is not awake.');
    return { socket: await supervisor.gateway(), token: tokens.gateway, generation };
  }

  async #recall(sessionId: string): Promise<void> {
    const { generation, restore } = this.#sandbox.wake;
    const wentBackAt = readCell(this.#db, 'wentBackAt') ?? 0;
    const savedAt = Math.max(restore ? decodeTime(restore.id) : 0, wentBackAt);
    const openGateway = () => this.#openGateway();
    try {
      const deps = { db: this.#db, openGateway };
      const turns = await recallLost(deps, { sessionId, generation, savedAt });
      if (turns > 0) this.#log({ level: 'warn', msg: 'told OpenClaw what it had lost', turns });
    } catch (error) {
      // The message that waits is worth more than what was before it; the next one tries again.
      this.#log({ level: 'warn', msg: 'not told what was lost', error: reasonOf(error) });
    }
  }

  #wakeChanged(wake: WakeState): void {
    this.#log({ level: 'info', msg: 'state', state: wake.state, generation: wake.generation });
    if (wake.state === 'ready') this.#lifecycle.touch();
    this.#snapshots.stateChanged(wake);
    this.#apps.stateChanged(wake);
    if (wake.state === 'asleep' || wake.state === 'failed') this.#lifecycle.sandboxGone(wake);
    // A schedule may have come near while the agent fell asleep, and a wake has told how long one takes.
    if (wake.state === 'asleep') planPrewake(this.#db, Date.now());
    if (wake.state === 'ready') this.#tenure.wokeUp();
    setDue(this.#db, 'report', '', Date.now());
    this.#sockets.broadcast({ type: 'agent', agent: this.#lifecycle.status() });
    this.ctx.waitUntil(this.#arm());
  }

  #closeEnded(): void {
    const sockets = [this.#sockets, this.#apps, this.#watchers];
    closeEnded({ db: this.#db, sockets, now: Date.now() });
  }

  #egress(generation: number): Fetcher {
    const { TenantEgress } = this.ctx.exports as unknown as AgentExports;
    return TenantEgress({ props: { tenantId: this.#door.record().id, generation } });
  }
}

/** The entrypoints of this Worker that an agent hands to its container. */
interface AgentExports {
  TenantEgress(options: { props: { tenantId: string; generation: number } }): Fetcher;
}
