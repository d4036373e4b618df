import { AppError } from '../contract/errors.ts';
import type { SandboxDriver } from './sandbox-driver.ts';
import { SupervisorError, type SupervisorClient } from './supervisor-client.ts';
import type { WakeState } from './wake.ts';

/** States in which there is a supervisor to ask. */
const AWAKE: ReadonlySet<WakeState['state']> = new Set([
  'restoring',
  'booting',
  'ready',
  'draining',
]);

type Sandbox = Pick<SandboxDriver, 'wake' | 'supervisor'>;

/** The supervisor of a sandbox that is awake, or null. */
export function awakeSupervisor(sandbox: Sandbox): SupervisorClient | null {
  return AWAKE.has(sandbox.wake.state) ? sandbox.supervisor() : null;
}

/**
 * Asks the supervisor of a running sandbox something for an operator; it neither wakes the agent nor
 * keeps it awake. AppError conflict while it is not awake, agent_unavailable when there is no answer.
 */
export async function lookInside<T>(
  sandbox: Sandbox,
  ask: (supervisor: SupervisorClient) => Promise<T>,
): Promise<T> {
  const supervisor = awakeSupervisor(sandbox);
  if (!supervisor) throw new AppError('conflict', 'The agent is asleep: there is no sandbox.');
  try {
    return await ask(supervisor);
  } catch (cause) {
    const code = cause instanceof SupervisorError ? cause.code : 'no answer';
    throw new AppError('agent_unavailable', `The sandbox did not tell: ${code}.`, { cause });
  }
}
