import { agentStatus, type AgentState, type AgentStatus } from '../contract/agent.ts';
import { agentInspection } from '../contract/api.ts';
import { AppError } from '../contract/errors.ts';
import { agentPath } from './client.ts';
import type { CommandContext, CommandResult } from './command.ts';
import { recordTable } from './output.ts';
import { askPatiently, LOOK_MS } from './patience.ts';

/**
 * Looks at an agent before a wait is given up, a second apart: the agent itself gives a restore seven
 * minutes and a boot three.
 */
const MAX_LOOKS = 600;
/** Looks at an agent whose state can't be saved before that is the answer, a second apart. */
const MAX_UNSAVED_LOOKS = 30;
/** Times that an agent in no state to do what was asked is asked again. */
const MAX_ASKED_AGAIN = 3;

interface Wait {
  tenantId: string;
  /** What the agent answered when it was asked. */
  asked: AgentStatus;
  isDone(status: AgentStatus): boolean;
  /** The state in which it stays when nobody asks again; it was busy with the opposite before. */
  idleIn: AgentState;
  askAgain(): Promise<AgentStatus>;
}

function gaveUp(message: string, tenantId: string): AppError {
  return new AppError('agent_unavailable', message, {
    hint: `See skclaw agent inspect --tenant-id ${tenantId}.`,
  });
}

/** Why waiting any longer is no use, or null. */
function hopeless(status: AgentStatus, unsaved: number, tenantId: string): AppError | null {
  const { state, failure } = status;
  const isFinal = state === 'failed' && (failure === null || failure.nextTryAt === null);
  if (isFinal)
    return gaveUp(`The agent failed: ${failure?.message ?? 'no reason is known'}`, tenantId);
  if (unsaved < MAX_UNSAVED_LOOKS || !failure) return null;
  return new AppError('agent_unavailable', `The agent can't be saved: ${failure.message}`, {
    hint: 'It goes on trying. With --force it ends without saving, and what is unsaved is lost.',
  });
}

/**
 * Looks at an agent until it has done what it was asked, a second between two looks, and says on stderr
 * what it is at. The failure in the result says why it came to nothing.
 */
export async function awaitAgent(context: CommandContext, wait: Wait): Promise<CommandResult> {
  const client = await context.client();
  const { tenantId, isDone, idleIn } = wait;
  const look = () => client.request({ path: agentPath(tenantId), answer: agentInspection });
  let status = wait.asked;
  let said = '';
  let unsaved = 0;
  let askedAgain = 0;
  const result = (failure?: AppError): CommandResult => ({
    ...statusResult(status),
    ...(failure && { failure }),
  });
  for (let looks = 0; looks < MAX_LOOKS; looks += 1) {
    if (isDone(status)) return result();
    unsaved = status.state === 'draining' && status.failure ? unsaved + 1 : 0;
    const failure = hopeless(status, unsaved, tenantId);
    if (failure) return result(failure);
    if (status.state === idleIn) {
      if (askedAgain >= MAX_ASKED_AGAIN) {
        return result(gaveUp(`The agent is ${status.state} again.`, tenantId));
      }
      askedAgain += 1;
      status = await wait.askAgain();
      continue;
    }
    const line = status.failure ? `${status.state}: ${status.failure.message}` : status.state;
    if (line !== said) context.progress.note(line);
    said = line;
    await context.io.sleep(LOOK_MS);
    status = (await askPatiently(context.io, look)).agent;
  }
  return result(
    new AppError('upstream_timeout', `The agent is still ${status.state} after ${MAX_LOOKS} s.`),
  );
}

/** An agent's status as a command's result. */
export function statusResult(status: AgentStatus): CommandResult {
  return { data: status, table: () => recordTable(status) };
}

/**
 * Waits until an agent that begins anew is ready as another generation than the one that answered
 * while it was ending.
 */
export async function awaitNewLife(
  context: CommandContext,
  tenantId: string,
  asked: AgentStatus,
): Promise<CommandResult> {
  const client = await context.client();
  const wasRunning = asked.state === 'ready' || asked.state === 'draining';
  const path = agentPath(tenantId, '/wake');
  return awaitAgent(context, {
    tenantId,
    asked,
    isDone: ({ state, generation }) =>
      state === 'ready' && (!wasRunning || generation > asked.generation),
    idleIn: 'asleep',
    askAgain: () => client.request({ method: 'POST', path, answer: agentStatus }),
  });
}
