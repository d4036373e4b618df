import { agentStatus, type AgentStatus } from '../../contract/agent.ts';
import { agentInput, isGiven } from '../agent-options.ts';
import { awaitAgent, awaitNewLife, statusResult } from '../await-agent.ts';
import { agentPath, type Client } from '../client.ts';
import { defineCommand, type Command } from '../command.ts';
import { confirm } from '../confirm.ts';
import { FLAGS, yes } from '../options.ts';

/** Asks an agent to wake, to sleep or to start anew; it answers at once with where it is by then. */
function tell(
  client: Client,
  { tenantId, action, body }: { tenantId: string; action: string; body?: object },
): Promise<AgentStatus> {
  const path = agentPath(tenantId, `/${action}`);
  return client.request({ method: 'POST', path, body, answer: agentStatus });
}

const isReady = ({ state }: AgentStatus): boolean => state === 'ready';

const wake = defineCommand({
  name: 'agent wake',
  summary: 'Wake a tenant’s agent; with --wait until it is ready',
  flags: [FLAGS.tenantId, FLAGS.wait],
  examples: ['agent wake --tenant-id acme', 'agent wake --tenant-id acme --wait'],
  input: agentInput.extend({ wait: isGiven }),
  run: async ({ tenantId, wait }, context) => {
    const client = await context.client();
    const askAgain = () => tell(client, { tenantId, action: 'wake' });
    const asked = await askAgain();
    if (!wait) return statusResult(asked);
    return awaitAgent(context, { tenantId, asked, isDone: isReady, idleIn: 'asleep', askAgain });
  },
});

const sleep = defineCommand({
  name: 'agent sleep',
  summary: 'Let a tenant’s agent fall asleep, its state saved first',
  flags: [
    FLAGS.tenantId,
    FLAGS.wait,
    { flag: '--force', summary: 'Also when its state can’t be saved: what is unsaved is lost' },
    FLAGS.yes,
  ],
  examples: [
    'agent sleep --tenant-id acme',
    'agent sleep --tenant-id acme --wait',
    'agent sleep --tenant-id acme --force --yes',
  ],
  input: agentInput.extend({ force: isGiven, wait: isGiven, yes }),
  run: async ({ tenantId, force, wait, yes: sure }, context) => {
    if (force) {
      const what = `Put ${tenantId} to sleep and lose what can't be saved`;
      await confirm(context.io, { what, yes: sure });
    }
    const client = await context.client();
    const askAgain = () => tell(client, { tenantId, action: 'sleep', body: { force } });
    const asked = await askAgain();
    if (!wait) return statusResult(asked);
    // Somebody may have woken it again between two looks: it has slept all the same.
    const isDone = ({ state, generation }: AgentStatus): boolean =>
      state === 'asleep' || generation > asked.generation;
    return awaitAgent(context, { tenantId, asked, isDone, idleIn: 'ready', askAgain });
  },
});

const restart = defineCommand({
  name: 'agent restart',
  summary: 'Save a tenant’s agent, end its sandbox and start a new one',
  flags: [FLAGS.tenantId, FLAGS.wait, FLAGS.force, FLAGS.yes],
  examples: [
    'agent restart --tenant-id acme --wait',
    'agent restart --tenant-id acme --force --yes',
  ],
  input: agentInput.extend({ force: isGiven, wait: isGiven, yes }),
  run: async ({ tenantId, force, wait, yes: sure }, context) => {
    if (force) {
      const what = `Restart ${tenantId} and lose what can't be saved`;
      await confirm(context.io, { what, yes: sure });
    }
    const client = await context.client();
    const asked = await tell(client, { tenantId, action: 'restart', body: { force } });
    return wait ? awaitNewLife(context, tenantId, asked) : statusResult(asked);
  },
});

export const agentLifeCommands: Command[] = [wake, sleep, restart];
