import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { agentInspection, type AgentInspection } from '../../contract/api.ts';
import type { ContainerInfo } from '../../local/engine/index.ts';
import type { System } from '../../local/runner/system.ts';
import { newTenant } from '../support/agents.ts';
import { MemberClient } from '../support/member.ts';
import { agentFile } from './store-files.ts';
import { FaultClient } from './member-client.ts';
import { openclawPid } from './openclaw-pid.ts';

/** Inviting, signing in and the like may meet a Worker that is being killed, ms. */
const CALL_TIMEOUT_MS = 20_000;

/** One tenant under fire: its member, its container as the engine has it, its agent's database. */
export class Subject {
  readonly tenantId: string;
  readonly slug: string;
  readonly member: MemberClient;
  readonly client: FaultClient;
  /** The session that people talk in, and the one that schedules write to. */
  readonly chat: string;
  readonly jobs: string;
  /** Restore point of each generation that was started, as its container was told. */
  readonly restoredFrom = new Map<number, string | null>();
  /** Generations that lost what they had not saved, because the harness killed their container. */
  readonly killed = new Set<number>();
  /** Generations whose memory an operator has given up by going back behind them. */
  readonly goneBack = new Set<number>();
  readonly #system: System;
  readonly #bornAt = new Map<number, number>();

  private constructor(
    system: System,
    tenant: { id: string; slug: string },
    ours: { member: MemberClient; chat: string; jobs: string },
  ) {
    this.#system = system;
    this.tenantId = tenant.id;
    this.slug = tenant.slug;
    this.member = ours.member;
    this.chat = ours.chat;
    this.jobs = ours.jobs;
    const { origin, cookie } = ours.member;
    this.client = new FaultClient(origin, { origin, cookie });
    this.client.follow(ours.chat);
    this.client.follow(ours.jobs);
  }

  static async create(system: System): Promise<Subject> {
    const tenant = await newTenant(system.url);
    const { url } = tenant.invite as { url: string };
    const member = await MemberClient.join(url);
    const chat = await member.createSession('chat');
    const jobs = await member.createSession('jobs');
    return new Subject(system, tenant, { member, chat: chat.id, jobs: jobs.id });
  }

  get file(): string {
    return agentFile(this.#system.stateDir, this.tenantId);
  }

  /** Its running container. */
  container(): ContainerInfo | null {
    const all = this.#system.engine?.containers() ?? [];
    return all.find((one) => one.running && one.env.SK_TENANT_ID === this.tenantId) ?? null;
  }

  /** OpenClaw's own process in the container. */
  openclawPid(): number | null {
    const supervisor = this.container()?.pid;
    return supervisor ? openclawPid(supervisor) : null;
  }

  /** Whether the supervisor is making a snapshot right now. */
  isSnapshotting(): boolean {
    const dir = this.container()?.dir;
    if (!dir) return false;
    try {
      return readdirSync(join(dir, 'data/work')).some((name) => name.startsWith('snapshot-'));
    } catch {
      return false;
    }
  }

  /** Keeps in mind what each generation was started from. To be called often. */
  note(): void {
    const env = this.container()?.env;
    if (!env?.SK_GENERATION) return;
    const restore = env.SK_RESTORE ? (JSON.parse(env.SK_RESTORE) as { id: string }).id : null;
    const generation = Number(env.SK_GENERATION);
    this.restoredFrom.set(generation, restore);
    if (!this.#bornAt.has(generation)) this.#bornAt.set(generation, Date.now());
  }

  /** The generation that was on at a time, UTC ms; 0 before the first. */
  generationAt(time: number): number {
    const born = [...this.#bornAt].filter(([, at]) => at <= time);
    return Math.max(0, ...born.map(([generation]) => generation));
  }

  async inspect(): Promise<AgentInspection> {
    return agentInspection.parse(await this.admin('GET', ''));
  }

  /** One call of the admin API about this agent. */
  admin(method: string, path: string, body?: unknown): Promise<unknown> {
    return within(this.#system.admin.call(method, `/agents/${this.tenantId}${path}`, body));
  }

  call(method: string, path: string, body?: unknown): Promise<unknown> {
    return within(this.member.call(method, path, body));
  }
}

function within<T>(call: Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error('no answer')), CALL_TIMEOUT_MS);
  return Promise.race([call, late.promise]).finally(() => clearTimeout(timer));
}
