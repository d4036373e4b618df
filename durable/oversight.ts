import type { AgentStatus } from '../contract/agent.ts';
import type { AgentCalls, AgentCallsQuery } from '../contract/agent-calls.ts';
import type { AgentLogs, AgentLogsQuery } from '../contract/agent-logs.ts';
import type { SandboxLook } from '../contract/agent-sandbox.ts';
import type { AgentInspection } from '../contract/api.ts';
import type { DebugLogs, DebugProcesses } from '../contract/debug.ts';
import type { TimelinePage, TimelineQuery } from '../contract/timeline.ts';
import { readCalls } from './agent-calls.ts';
import { readLogs } from './agent-logs.ts';
import type { Door } from './door.ts';
import { inspection } from './inspection.ts';
import type { Lifecycle } from './lifecycle.ts';
import { awakeSupervisor, lookInside } from './look-inside.ts';
import type { SandboxDriver } from './sandbox-driver.ts';
import type { AgentDb } from './storage.ts';
import { readTimeline } from './timeline.ts';

export interface OversightDeps {
  db: AgentDb;
  door: Pick<Door, 'record' | 'active'>;
  sandbox: Pick<SandboxDriver, 'wake' | 'supervisor'>;
  lifecycle: Pick<Lifecycle, 'restart' | 'status'>;
  isContainerRunning(): boolean;
  /** Members' and programs' sockets. */
  connections(): number;
  constructedAt: number;
  now(): number;
}

/** What operators see of an agent, and do to it by their own hand. Looking wakes nothing. */
export class Oversight {
  readonly #deps: OversightDeps;

  constructor(deps: OversightDeps) {
    this.#deps = deps;
  }

  inspect(): AgentInspection {
    const { db, door, sandbox, constructedAt, now } = this.#deps;
    return inspection({
      db,
      record: door.record(),
      wake: sandbox.wake,
      containerRunning: this.#deps.isContainerRunning(),
      connections: this.#deps.connections(),
      constructedAt,
      now: now(),
    });
  }

  timeline(query: TimelineQuery): TimelinePage {
    this.#deps.door.record();
    return readTimeline(this.#deps.db, query);
  }

  calls(query: AgentCallsQuery): AgentCalls {
    this.#deps.door.record();
    return readCalls(this.#deps.db, query);
  }

  async logs(query: AgentLogsQuery): Promise<AgentLogs> {
    this.#deps.door.record();
    return readLogs(this.#deps, query);
  }

  async sandboxLook(): Promise<SandboxLook | null> {
    const { door, sandbox } = this.#deps;
    door.record();
    if (!awakeSupervisor(sandbox)) return null;
    const status = await lookInside(sandbox, (supervisor) => supervisor.status());
    const { startedAt, memory } = status;
    const { generation } = sandbox.wake;
    const { version, restarts } = status.openclaw;
    return { generation, startedAt, memory, openclaw: { version, restarts } };
  }

  restart(force: boolean): AgentStatus {
    const { door, lifecycle } = this.#deps;
    door.active();
    lifecycle.restart(force);
    return lifecycle.status();
  }

  async processes(): Promise<DebugProcesses> {
    const { door, sandbox } = this.#deps;
    door.record();
    return { processes: await lookInside(sandbox, (supervisor) => supervisor.processes()) };
  }

  async sandboxLogs(lines: number): Promise<DebugLogs> {
    const { door, sandbox } = this.#deps;
    door.record();
    return { lines: await lookInside(sandbox, (supervisor) => supervisor.logs({ lines })) };
  }
}
