import { z } from 'zod';
import { MAX_LOG_PAGE, type AgentLogLine } from '../../contract/agent-logs.ts';
import { supervisorLogLine } from '../../contract/supervisor.ts';
import { agentInput, wholeNumber } from '../agent-options.ts';
import { defineCommand, type Command } from '../command.ts';
import { followLogs } from '../follow-logs.ts';
import { choice, FLAGS } from '../options.ts';
import { watchAgent, type WatchLine } from '../watch-agent.ts';

const LEVELS = supervisorLogLine.shape.level.options;

const timeOf = (at: number): string => new Date(at).toISOString();

/** A line of `agent watch` for people. */
function watchText(line: WatchLine): string {
  switch (line.t) {
    case 'agent': {
      const { agent, openTurns, connections, ledger } = line.inspection;
      const failure = agent.failure ? `, ${agent.failure.message}` : '';
      return [
        `${timeOf(agent.since)} ${agent.state}${failure}: generation ${agent.generation}`,
        `${openTurns.length} open turns`,
        `${connections} connections`,
        `${ledger.outbox} rows to send`,
      ].join(', ');
    }
    case 'timeline': {
      const { type, ...data } = line.entry.data;
      return `${timeOf(line.entry.at)} ${type} ${JSON.stringify(data)}`;
    }
    case 'end':
      return `${timeOf(line.at)} ${line.state}: the watch ends.`;
  }
}

const watch = defineCommand({
  name: 'agent watch',
  summary: 'Print what happens to a tenant’s agent, a line each, until it sleeps',
  flags: [FLAGS.tenantId],
  examples: ['agent watch --tenant-id acme', 'agent watch --tenant-id acme --format table'],
  input: agentInput,
  run: async ({ tenantId }, context) => {
    const client = await context.client();
    return { entries: watchAgent(client, context.io, tenantId), line: watchText };
  },
});

const logs = defineCommand({
  name: 'agent logs',
  summary: 'Print the log of a tenant’s agent, a line each, until it sleeps',
  flags: [
    FLAGS.tenantId,
    { flag: '--level <level>', summary: `This level and graver ones: ${LEVELS.join(', ')}` },
    FLAGS.query,
    { flag: '--tail <n>', summary: 'Begin with the newest lines only, this many' },
    {
      flag: '--follow',
      summary: 'Go on until the agent sleeps (--no-follow: print what there is)',
      negatable: true,
    },
  ],
  examples: [
    'agent logs --tenant-id acme --tail 20',
    'agent logs --tenant-id acme --no-follow --level warn --query snapshot',
  ],
  input: agentInput.extend({
    level: choice(LEVELS).optional(),
    query: z.string().max(100, 'is too long').optional(),
    tail: wholeNumber(0, MAX_LOG_PAGE).optional(),
    follow: z.boolean().default(true),
  }),
  run: async (wanted, context) => {
    const client = await context.client();
    return {
      entries: followLogs(client, context.io, wanted),
      line: ({ at, level, source, text, generation }: AgentLogLine) =>
        `${timeOf(at)} ${level.padEnd(5)} ${source} (${generation}) ${text}`,
    };
  },
});

export const agentStreamCommands: Command[] = [watch, logs];
