import { DurableObject } from 'cloudflare:workers';
import { decodeTime } from 'ulid';
import type { AgentInspection, RoutingTestResult, TurnView } from '../contract/api.ts';
import type { AgentStatus, TenantRecord } from '../contract/agent.ts';
import { AppError } from '../contract/errors.ts';
import type { SessionEvent, SessionView } from '../contract/frames.ts';
import type { RouteRequest } from '../contract/policy.ts';
import type {
  CreateScheduleBody,
  ScheduleRunView,
  ScheduleView,
  UpdateScheduleBody,
} from '../contract/schedules.ts';
import type { SnapshotView } from '../contract/snapshots.ts';
import { TIER_CONFIG } from '../contract/tiers.ts';
import { upsertAgentRow } from '../db/queries/agents.ts';
import { openDb as openD1 } from '../db/queries/open.ts';
import { noteActive } from './activity.ts';
import { readCell, writeCell } from './cells.ts';
import { greet, receive, type ChatDeps } from './chat.ts';
import { nativeContainer } from './container.ts';
import { clearDue, nextDueAt, setDue, WATCHDOG_MS } from './due.ts';
import type { AgentEnv } from './env.ts';
import { inspection } from './inspection.ts';
import { countByState, type Admission, type AdmitInput, type SettleInput } from './ledger.ts';
import { decideIdle } from './idle.ts';
import { agentLog, reasonOf } from './log.ts';
import { createInvite, identify, signIn, signOut } from './members.ts';
import { Metering } from './metering.ts';
import { migrate } from './migrate.ts';
import { PolicyCache } from './policy-cache.ts';
import { eraseAgent, isLedgerDone } from './erase.ts';
import { CALLER_HEADER, type Caller, type EgressRpc, type Member } from './rpc.ts';
import type { NewInvite, SignedIn, TenantAgentRpc } from './rpc.ts';
import { recallLost } from './recall.ts';
import { runDue, type DueWork } from './run-due.ts';
import { SandboxDriver } from './sandbox-driver.ts';
import { leadMsOf, nextScheduledAt, planPrewake } from './schedule-prewake.ts';
import type { QueuedTurn } from './schedule-start.ts';
import * as schedules from './schedules.ts';
import { checkMayChange, Scheduling } from './scheduling.ts';
import * as sessions from './sessions.ts';
import { SnapshotDriver } from './snapshot-driver.ts';
import type { SnapshotObject } from './snapshot-index.ts';
import * as snapshots from './snapshots.ts';
import { CLOSE_DELETED, CLOSE_SUSPENDED, closeCode, MAX_SOCKETS, Sockets } from './sockets.ts';
import { standingEnd, standingRefusal } from './standing.ts';
import { openDb, type AgentDb } from './storage.ts';
import { putToSleep } from './suspend.ts';
import { TurnDriver } from './turn-driver.ts';
import { TurnPump } from './turn-pump.ts';
import { TurnWaiters } from './turn-waiters.ts';
import { getTurn, openTurns, queueTurn, turnView, type Turn } from './turns.ts';
import { hasGivenUp, isWaking, statusOf, type WakeState } from './wake.ts';

/** A turn that runs longer is ended with an error, ms. */
const MAX_TURN_MS = 30 * 60_000;

/**
 * One tenant's agent: the actor that owns its sandbox, sessions, limits and bill. A method loads,
 * asks the module next door, stores and tells; what must not be forgotten is in its SQLite.
 */
export class TenantAgent extends DurableObject<AgentEnv> implements TenantAgentRpc, EgressRpc {
  readonly #db: AgentDb;
  readonly #sockets: Sockets;
  readonly #sandbox: SandboxDriver;
  readonly #turns: TurnDriver;
  readonly #metering: Metering;
  readonly #policy: PolicyCache;
  readonly #pump: TurnPump;
  readonly #snapshots: SnapshotDriver;
  readonly #scheduling: Scheduling;
  readonly #waiters = new TurnWaiters();
  readonly #constructedAt = Date.now();
  /** Set when the storage is gone: this instance must not touch it again. */
  #isDropped = false;
  #erasing: Promise<boolean> | null = null;
  readonly #log = agentLog(() => this.#known()?.id ?? null);

  constructor(ctx: DurableObjectState, env: AgentEnv) {
    super(ctx, env);
    migrate(ctx.storage);
    const db = openDb(ctx.storage);
    const now = Date.now;
    const record = (): TenantRecord => this.#record();
    const waitUntil = (work: Promise<unknown>): void => ctx.waitUntil(work);
    this.#db = db;
    this.#sockets = new Sockets(ctx);
    this.#policy = new PolicyCache({ db, d1: env.DB, now, waitUntil });
    this.#metering = new Metering({
      db,
      env,
      policy: this.#policy,
      record,
      generation: () => this.#sandbox.wake.generation,
      log: this.#log,
      now,
      waitUntil,
    });
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
      openGateway: () => this.#openGateway(),
      recall: (sessionId) => this.#recall(sessionId),
      emit: (sessionId, events) => this.#emit(sessionId, events),
      ended: (turn) => this.#turnEnded(turn),
      lost: (reason) => this.#log({ level: 'warn', msg: 'link to OpenClaw lost', reason }),
    });
    this.#pump = new TurnPump({
      db,
      sandbox: this.#sandbox,
      turns: this.#turns,
      openGateway: () => this.#openGateway(),
      now,
      waitUntil,
      used: () => this.#touch(),
      rested: () => this.#arm(),
      log: this.#log,
    });
    this.#snapshots = new SnapshotDriver({
      db,
      bucket: env.SNAPSHOTS,
      sandbox: this.#sandbox,
      record,
      now,
      waitUntil,
      pump: () => this.#pump.pump(),
      rested: () => this.#arm(),
      log: this.#log,
    });
    this.#scheduling = new Scheduling({
      db,
      record,
      now,
      queued: (queued) => this.#queued(queued),
      wakeAhead: () => {
        this.#sandbox.demand(false);
        this.#pump.pump();
      },
    });
    if (!ctx.container) return;
    if (ctx.container.running) void ctx.blockConcurrencyWhile(() => this.#sandbox.adopt());
    // What an eviction or a deploy interrupted goes on at once, not at the next watchdog.
    const { state } = this.#sandbox.wake;
    if (openTurns(db).length > 0 || isWaking(state) || state === 'draining') this.#pump.pump();
  }

  /* The tenant's record, and the agent's life */

  async apply(record: TenantRecord): Promise<{ version: number }> {
    const known = this.#known();
    if (known && known.version >= record.version) return { version: known.version };
    // What was never made, or is gone, has nothing to delete; a late word must not bring it back.
    const { version, status } = record;
    if (this.#isDropped || (!known && status === 'deleting')) return { version };
    const now = Date.now();
    writeCell(this.#db, 'record', record);
    setDue(this.#db, 'report', '', now);
    if (status === 'suspended') setDue(this.#db, 'suspend', '', now);
    if (status === 'deleting') setDue(this.#db, 'erase', '', now);
    this.#endTurns(status);
    this.#closeSockets(record);
    await this.#arm();
    return { version };
  }

  async erase(): Promise<{ erased: boolean }> {
    if (!this.#known()) return { erased: true };
    const isEmpty = await this.#erase();
    if (!isEmpty) return { erased: false };
    await this.#metering.sweep();
    await this.#metering.flush();
    await this.#arm();
    return { erased: isLedgerDone(this.#db) };
  }

  async drop(): Promise<void> {
    const { erased } = await this.erase();
    if (!erased) throw new AppError('conflict', 'The agent is not empty yet.');
    this.#isDropped = true;
    // Also where nothing is known: construction has written the schema.
    await this.ctx.storage.deleteAll();
  }

  async status(): Promise<AgentStatus> {
    this.#record();
    return this.#status();
  }

  async inspect(): Promise<AgentInspection> {
    return inspection({
      db: this.#db,
      record: this.#record(),
      wake: this.#sandbox.wake,
      containerRunning: this.ctx.container?.running ?? false,
      connections: this.#sockets.count,
      constructedAt: this.#constructedAt,
    });
  }

  async wake(): Promise<AgentStatus> {
    this.#active();
    this.#touch();
    this.#sandbox.demand(true);
    this.#pump.pump();
    await this.#arm();
    return this.#status();
  }

  async sleep({ force }: { force: boolean }): Promise<AgentStatus> {
    this.#record();
    if (openTurns(this.#db).length > 0 && !force) {
      throw new AppError('conflict', 'A turn is open. Stop it, wait for it, or force the sleep.');
    }
    this.#sandbox.apply({ type: 'drain', force });
    this.#pump.pump();
    await this.#arm();
    return this.#status();
  }

  async poke(): Promise<void> {
    await this.alarm();
  }

  async flush(): Promise<{ flushed: number; unsettled: number }> {
    this.#record();
    const flushed = await this.#metering.flushNow();
    await this.#policy.refresh();
    await this.#arm();
    return { flushed, unsettled: countByState(this.#db).unsettled };
  }

  /* Members */

  createInvite(options: {
    role: 'owner' | 'user';
    expiresInMs: number;
    hostname: string;
    by: string;
  }): Promise<NewInvite> {
    this.#serves(options.hostname);
    this.#living();
    return createInvite(this.#db, { ...options, now: Date.now() });
  }

  signIn(options: { invite: string; name: string | undefined; host: string }): Promise<SignedIn> {
    this.#serves(options.host);
    this.#active();
    return signIn(this.#db, { ...options, now: Date.now() });
  }

  async signOut(caller: Caller): Promise<void> {
    this.#identify(caller);
    if (caller.kind !== 'member') return;
    const { signInId } = caller;
    signOut(this.#db, signInId, Date.now());
    const isTheirs = (other: Caller): boolean =>
      other.kind === 'member' && other.signInId === signInId;
    this.#sockets.closeWhere(isTheirs, 'signed out');
  }

  async me(caller: Caller): Promise<{ member: Member; record: TenantRecord }> {
    return { member: this.#identify(caller), record: this.#record() };
  }

  /* Sessions and turns */

  async listSessions(caller: Caller): Promise<SessionView[]> {
    this.#identify(caller);
    return sessions.listSessions(this.#db);
  }

  async createSession(
    caller: Caller,
    { title }: { title: string | undefined },
  ): Promise<SessionView> {
    this.#identify(caller);
    const { maxSessions } = TIER_CONFIG[this.#record().tier];
    const session = sessions.createSession(this.#db, { title, maxSessions, now: Date.now() });
    this.#sockets.broadcast({ type: 'session', session });
    return session;
  }

  async renameSession(caller: Caller, id: string, title: string): Promise<SessionView> {
    this.#identify(caller);
    const session = sessions.renameSession(this.#db, id, title);
    this.#sockets.broadcast({ type: 'session', session });
    return session;
  }

  async deleteSession(caller: Caller, id: string): Promise<void> {
    const member = this.#identify(caller);
    await this.#stop(member, id);
    sessions.deleteSession(this.#db, id, Date.now());
    this.#pump.pump();
    this.#sockets.broadcast({ type: 'session.deleted', sessionId: id });
  }

  async history(
    caller: Caller,
    id: string,
    options: { after: number; limit: number },
  ): Promise<{ session: SessionView; events: SessionEvent[]; more: boolean }> {
    this.#identify(caller);
    const session = sessions.getSession(this.#db, id);
    const events = sessions.readEvents(this.#db, { sessionId: id, ...options });
    return { session, events, more: (events.at(-1)?.seq ?? session.lastSeq) < session.lastSeq };
  }

  async createTurn(
    caller: Caller,
    sessionId: string,
    options: { id: string; text: string; waitMs: number },
  ): Promise<TurnView> {
    const member = this.#identify(caller);
    const turn = this.#send(member, { id: options.id, sessionId, text: options.text });
    await this.#arm();
    const isOpen = turn.state === 'queued' || turn.state === 'running';
    if (options.waitMs > 0 && isOpen) await this.#waiters.wait(turn.id, options.waitMs);
    return turnView(this.#db, getTurn(this.#db, turn.id) ?? turn);
  }

  async stopTurns(caller: Caller, sessionId: string): Promise<{ stopped: number }> {
    return { stopped: await this.#stop(this.#identify(caller), sessionId) };
  }

  /* Schedules */

  async listSchedules(caller: Caller): Promise<ScheduleView[]> {
    this.#identify(caller);
    return schedules.listSchedules(this.#db);
  }

  async readSchedule(caller: Caller, id: string): Promise<ScheduleView> {
    this.#identify(caller);
    return schedules.readSchedule(this.#db, id);
  }

  async createSchedule(caller: Caller, body: CreateScheduleBody): Promise<ScheduleView> {
    const { name } = this.#changer(caller);
    return this.#armed(this.#scheduling.create(name, body));
  }

  async updateSchedule(
    caller: Caller,
    id: string,
    body: UpdateScheduleBody,
  ): Promise<ScheduleView> {
    this.#changer(caller);
    return this.#armed(this.#scheduling.update(id, body));
  }

  async deleteSchedule(caller: Caller, id: string): Promise<void> {
    this.#changer(caller);
    schedules.deleteSchedule(this.#db, id, Date.now());
    await this.#arm();
  }

  async runSchedule(caller: Caller, id: string): Promise<ScheduleRunView> {
    this.#changer(caller);
    return this.#armed(this.#scheduling.runNow(id));
  }

  async scheduleRuns(
    caller: Caller,
    id: string,
    { limit }: { limit: number },
  ): Promise<ScheduleRunView[]> {
    this.#identify(caller);
    return schedules.listRuns(this.#db, id, limit);
  }

  /* Sockets */

  override async fetch(request: Request): Promise<Response> {
    if (request.headers.get('upgrade')?.toLowerCase() !== 'websocket') {
      throw new AppError('upgrade_required', 'This address takes WebSocket connections only.');
    }
    const caller = JSON.parse(request.headers.get(CALLER_HEADER) ?? 'null') as Caller;
    const member = this.#identify(caller);
    if (this.#sockets.count >= MAX_SOCKETS) {
      throw new AppError('limit_reached', 'This agent has too many open connections.');
    }
    const { client, server } = this.#sockets.accept(caller);
    greet(this.#chat(), server, member);
    return new Response(null, { status: 101, webSocket: client });
  }

  override async webSocketMessage(socket: WebSocket, data: string | ArrayBuffer): Promise<void> {
    await receive(this.#chat(), socket, data);
    await this.#arm();
  }

  override async webSocketClose(socket: WebSocket, code: number, reason: string): Promise<void> {
    socket.close(closeCode(code), reason);
  }

  /* The ledger, for the egress and for routing tests */

  async admit(input: AdmitInput): Promise<Admission> {
    return this.#armed(await this.#metering.admit(input));
  }

  async retry(
    ended: SettleInput,
    input: Pick<AdmitInput, 'requestBytes' | 'requestedMaxTokens'>,
  ): Promise<Admission> {
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

  /* Snapshots, for operators */

  async listSnapshots(): Promise<SnapshotView[]> {
    return this.#snapshots.list();
  }

  async createSnapshot(): Promise<SnapshotView> {
    this.#record();
    return this.#armed(await this.#snapshots.create());
  }

  async locateSnapshot(id: string): Promise<SnapshotObject> {
    return this.#snapshots.locate(id);
  }

  async restoreSnapshot(id: string, options: { force: boolean }): Promise<AgentStatus> {
    this.#active();
    this.#snapshots.restore(id, options);
    await this.#arm();
    return this.#status();
  }

  async deleteSnapshot(id: string): Promise<void> {
    this.#snapshots.remove(id);
    await this.#arm();
  }

  /* Snapshots, for the egress */

  async allowRestore({ id, generation }: { id: string; generation: number }): Promise<void> {
    this.#living();
    const { wake } = this.#sandbox;
    if (wake.generation === generation && wake.restore?.id === id) return;
    throw new AppError('forbidden', 'This is not the restore point of this generation.');
  }

  async redeemTicket(put: {
    id: string;
    ticket: string;
    generation: number;
    size: number;
  }): Promise<void> {
    this.#living();
    if (put.generation !== this.#sandbox.wake.generation) {
      throw new AppError('forbidden', 'This generation is over.');
    }
    await snapshots.redeemTicket(this.#db, { ...put, now: Date.now() });
  }

  async snapshotStored(stored: {
    id: string;
    generation: number;
    size: number;
    sha256: string;
  }): Promise<void> {
    if (this.#record().status === 'deleting') {
      // It arrived behind the deletion's back: its object goes too.
      snapshots.markFailed(this.#db, stored.id);
      setDue(this.#db, 'erase', '', Date.now());
      await this.#arm();
    }
    this.#living();
    const { generation } = this.#sandbox.wake;
    snapshots.acceptStored(this.#db, { ...stored, current: generation, now: Date.now() });
    await this.#arm();
  }

  /* Due */

  override async alarm(): Promise<void> {
    if (this.#isDropped) return;
    try {
      await runDue(this.#dueWork, { db: this.#db, now: Date.now, log: this.#log });
    } finally {
      await this.#arm();
    }
  }

  readonly #dueWork: DueWork = {
    wake: () => this.#watchWake(),
    turn: (id) => this.#watchTurn(id),
    idle: () => this.#checkIdle(),
    sweep: () => this.#metering.sweep(),
    flush: async () => void (await this.#metering.flush()),
    report: () => this.#report(),
    suspend: () => this.#suspend(),
    erase: () => this.#watchErasure(),
    schedule: (id) => this.#scheduling.step(id),
    prewake: () => this.#scheduling.prewake(),
    checkpoint: () => this.#snapshots.checkpoint(),
    snapshot: (id) => this.#snapshots.watch(id),
    retention: (key) => this.#snapshots.retain(key),
  };

  #watchWake(): void {
    const { state } = this.#sandbox.wake;
    // After too many failures only somebody who needs the agent starts it again.
    const mayRetry = this.#record().status === 'active' && !hasGivenUp(this.#sandbox.wake);
    if (state === 'failed' && mayRetry) this.#sandbox.demand(false);
    else if (isWaking(state) || state === 'draining') this.#watch('wake', '');
    this.#pump.pump();
  }

  #watch(kind: 'wake' | 'turn', key: string): void {
    setDue(this.#db, kind, key, Date.now() + WATCHDOG_MS);
  }

  #watchTurn(id: string): void {
    const turn = getTurn(this.#db, id);
    if (!turn || turn.endedAt !== null) return;
    if (turn.startedAt !== null && Date.now() - turn.startedAt > MAX_TURN_MS) {
      this.ctx.waitUntil(this.#turns.giveUp(turn, 'The turn took too long and was ended.'));
      return;
    }
    this.#watch('turn', id);
    this.#pump.watch();
  }

  #checkIdle(): void {
    const now = Date.now();
    const decision = decideIdle({
      state: this.#sandbox.wake.state,
      openTurns: openTurns(this.#db).length,
      lastActiveAt: readCell(this.#db, 'activity')?.lastActiveAt ?? now,
      idleMs: this.#idleMs(),
      neededAt: this.#record().status === 'active' ? nextScheduledAt(this.#db) : null,
      leadMs: leadMsOf(this.#db),
      now,
    });
    if (decision === null) return;
    if ('lookAt' in decision) return setDue(this.#db, 'idle', '', decision.lookAt);
    this.#sandbox.apply({ type: 'drain', force: false });
    this.#pump.pump();
  }

  /* Suspending and deleting */

  /** Ends every open turn with one clear event, in the commit that changed the tenant's standing. */
  #endTurns(status: TenantRecord['status']): void {
    // Queued ones first, or the end of the running one would start the next.
    for (const turn of openTurns(this.#db).toReversed()) {
      const end = standingEnd(status, sessions.streamedText(this.#db, turn.id));
      if (end) this.#turns.end(turn, end);
    }
  }

  /** A socket never outlives what opened it: here its hostname, or the tenant's standing. */
  #closeSockets({ status, hostnames }: TenantRecord): void {
    if (status === 'suspended') return this.#sockets.closeAll(CLOSE_SUSPENDED, 'suspended');
    if (status === 'deleting') return this.#sockets.closeAll(CLOSE_DELETED, 'deleted');
    const hasMoved = (caller: Caller): boolean =>
      caller.kind === 'member' && !hostnames.includes(caller.host);
    this.#sockets.closeWhere(hasMoved, 'the hostname has moved');
  }

  /** The due step `suspend`: the sandbox goes to sleep. Its drain has a watchdog of its own. */
  #suspend(): void {
    const isSuspended = (): boolean => this.#record().status === 'suspended';
    const { state } = this.#sandbox.wake;
    const isResting = state === 'asleep' || state === 'failed' || state === 'draining';
    if (!isSuspended() || isResting) return;
    setDue(this.#db, 'suspend', '', Date.now() + WATCHDOG_MS);
    const openGateway = () => this.#openGateway();
    const deps = { db: this.#db, sandbox: this.#sandbox, openGateway, isSuspended, log: this.#log };
    this.ctx.waitUntil(putToSleep(deps).then(() => this.#pump.pump()));
  }

  /** The due step `erase`: starts to empty the agent, and looks again until that is done. */
  #watchErasure(): void {
    if (this.#record().status !== 'deleting') return;
    setDue(this.#db, 'erase', '', Date.now() + WATCHDOG_MS);
    const erased = this.#erase().catch((error: unknown) => {
      this.#log({ level: 'warn', msg: 'erasing failed', error: reasonOf(error) });
    });
    this.ctx.waitUntil(erased.then(() => this.#arm()));
  }

  /** Empties the agent, but for the books. One at a time; true when nothing is left to do. */
  #erase(): Promise<boolean> {
    this.#erasing ??= this.#eraseNow().finally(() => {
      this.#erasing = null;
    });
    return this.#erasing;
  }

  async #eraseNow(): Promise<boolean> {
    const { id: tenantId, status } = this.#record();
    if (status !== 'deleting') throw new AppError('conflict', 'The tenant is not being deleted.');
    const isEmpty = await eraseAgent({
      db: this.#db,
      bucket: this.env.SNAPSHOTS,
      sandbox: this.#sandbox,
      tenantId,
      now: Date.now,
    });
    if (isEmpty) clearDue(this.#db, 'erase', '');
    return isEmpty;
  }

  async #report(): Promise<void> {
    const { id: tenantId, version: appliedVersion } = this.#record();
    const { state, since, generation } = this.#sandbox.wake;
    const row = { tenantId, state, since, generation, appliedVersion };
    await upsertAgentRow(openD1(this.env.DB), {
      ...row,
      nextDueAt: nextDueAt(this.#db),
      updatedAt: Date.now(),
    });
  }

  async #arm(): Promise<void> {
    const armedAt = await this.ctx.storage.getAlarm();
    if (this.#isDropped) return;
    // Read after the await: of two that arm at once, neither sets an older time.
    const at = nextDueAt(this.#db);
    if (at === armedAt) return;
    await (at === null ? this.ctx.storage.deleteAlarm() : this.ctx.storage.setAlarm(at));
  }

  async #armed<T>(value: T): Promise<T> {
    await this.#arm();
    return value;
  }

  /* Wake and turns */

  async #openGateway(): Promise<{ socket: WebSocket; token: string; generation: number }> {
    const { tokens, generation } = this.#sandbox.wake;
    const supervisor = this.#sandbox.supervisor();
    if (!supervisor || !tokens) throw new AppError('agent_unavailable', 'The agent is not awake.');
    return { socket: await supervisor.gateway(), token: tokens.gateway, generation };
  }

  async #recall(sessionId: string): Promise<void> {
    const { generation, restore } = this.#sandbox.wake;
    const savedAt = restore ? decodeTime(restore.id) : 0;
    const openGateway = () => this.#openGateway();
    const turns = await recallLost(
      { db: this.#db, openGateway },
      { sessionId, generation, savedAt },
    );
    if (turns > 0) this.#log({ level: 'warn', msg: 'told OpenClaw what it had lost', turns });
  }

  #send(member: Member, message: { id: string; sessionId: string; text: string }): Turn {
    const { maxMessageChars, maxQueuedTurns } = TIER_CONFIG[this.#active().tier];
    if (message.text.length > maxMessageChars) {
      throw new AppError('payload_too_large', `A message may have ${maxMessageChars} characters.`);
    }
    const { id: clientId, sessionId, text } = message;
    sessions.getSession(this.#db, sessionId);
    const queued = queueTurn(this.#db, {
      sessionId,
      clientId,
      text,
      by: member.name,
      workload: 'chat',
      maxQueued: maxQueuedTurns,
      now: Date.now(),
    });
    this.#queued(queued);
    return queued.turn;
  }

  /** A turn was queued in this commit; one that had been before has added nothing. */
  #queued({ turn, added }: QueuedTurn): void {
    if (added.length === 0) return;
    this.#watch('turn', turn.id);
    this.#emit(turn.sessionId, added);
    this.#pump.pump();
  }

  async #stop(member: Member, sessionId: string): Promise<number> {
    sessions.getSession(this.#db, sessionId);
    const open = openTurns(this.#db).filter((turn) => turn.sessionId === sessionId);
    // Queued ones first, or the end of the running one would start the next.
    for (const turn of open.toReversed()) await this.#turns.stop(turn, member.name);
    return open.length;
  }

  /* What followers are told */

  #emit(sessionId: string, events: SessionEvent[]): void {
    this.#sockets.broadcast({ type: 'events', sessionId, events }, sessionId);
    if (events.some((event) => event.data.type === 'user')) this.#tellSession(sessionId);
  }

  #turnEnded(turn: Turn): void {
    this.#touch();
    clearDue(this.#db, 'turn', turn.id);
    this.#tellSession(turn.sessionId);
    this.#waiters.ended(turn.id);
    this.#pump.pump();
  }

  #tellSession(sessionId: string): void {
    const session = sessions.getSession(this.#db, sessionId);
    this.#sockets.broadcast({ type: 'session', session });
  }

  #wakeChanged(wake: WakeState): void {
    this.#log({ level: 'info', msg: 'state', state: wake.state, generation: wake.generation });
    if (wake.state === 'ready') this.#touch();
    this.#snapshots.stateChanged(wake);
    // A schedule may have come near while the agent fell asleep, and a wake has told how long one takes.
    if (wake.state === 'asleep') planPrewake(this.#db, Date.now());
    if (wake.state === 'ready' && this.#known()?.status === 'suspended') {
      setDue(this.#db, 'suspend', '', Date.now());
    }
    setDue(this.#db, 'report', '', Date.now());
    this.#sockets.broadcast({ type: 'agent', agent: this.#status() });
    this.ctx.waitUntil(this.#arm());
  }

  /** Somebody used the agent: its idle time begins anew. */
  #touch(): void {
    const now = Date.now();
    noteActive(this.#db, now);
    this.#snapshots.used();
    setDue(this.#db, 'idle', '', now + this.#idleMs());
  }

  #idleMs(): number {
    const override = this.env.DEV_MODE === 'true' ? Number(this.env.IDLE_MS_OVERRIDE) : Number.NaN;
    return override > 0 ? override : TIER_CONFIG[this.#record().tier].idleMs;
  }

  /* Who and what */

  #known(): TenantRecord | null {
    return this.#isDropped ? null : readCell(this.#db, 'record');
  }

  #record(): TenantRecord {
    const record = this.#known();
    if (!record) throw new AppError('tenant_not_found', 'There is no such tenant.');
    return record;
  }

  /** The record of a tenant that may use its agent. */
  #active(): TenantRecord {
    const record = this.#record();
    const refused = standingRefusal(record.status);
    if (refused) throw refused;
    return record;
  }

  /** The record of a tenant that is not deleted. */
  #living(): TenantRecord {
    const record = this.#record();
    return record.status === 'deleting' ? this.#active() : record;
  }

  #status(): AgentStatus {
    return statusOf(this.#sandbox.wake, readCell(this.#db, 'wakeTimes') ?? []);
  }

  #serves(host: string): void {
    if (this.#record().hostnames.includes(host)) return;
    throw new AppError('misdirected', 'This hostname belongs to another agent.');
  }

  #identify(caller: Caller): Member {
    if (caller.kind === 'member') {
      this.#serves(caller.host);
      this.#active();
    } else this.#living();
    return identify(this.#db, caller, Date.now());
  }

  /** Who a caller is that may change schedules. */
  #changer(caller: Caller): Member {
    const member = this.#identify(caller);
    checkMayChange(caller, member);
    return member;
  }

  #chat(): ChatDeps {
    return {
      db: this.#db,
      sockets: this.#sockets,
      record: () => this.#record(),
      status: () => this.#status(),
      identify: (caller) => this.#identify(caller),
      send: (member, message) => {
        const turn = this.#send(member, message);
        return { turnId: turn.id, seq: turn.userSeq };
      },
      stop: (member, sessionId) => this.#stop(member, sessionId),
    };
  }

  #egress(generation: number): Fetcher {
    const { TenantEgress } = this.ctx.exports as unknown as AgentExports;
    return TenantEgress({ props: { tenantId: this.#record().id, generation } });
  }
}

/** The entrypoints of this Worker that an agent hands to its container. */
interface AgentExports {
  TenantEgress(options: { props: { tenantId: string; generation: number } }): Fetcher;
}
