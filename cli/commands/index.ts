import type { Command, Resource } from '../command.ts';
import { agentCommands } from './agent.ts';
import { auditCommands } from './audit.ts';
import { deployCommands } from './deploy.ts';
import { deviceCommands } from './device.ts';
import { envCommands } from './env.ts';
import { hostnameCommands } from './hostname.ts';
import { inviteCommands } from './invite.ts';
import { keyCommands } from './key.ts';
import { memberCommands } from './member.ts';
import { noticeCommands } from './notice.ts';
import { operatorCommands } from './operator.ts';
import { routingSetCommands } from './routing-set.ts';
import { routingCommands } from './routing.ts';
import { scheduleCommands } from './schedule.ts';
import { sessionCommands } from './session.ts';
import { signInCommands } from './sign-in.ts';
import { snapshotCommands } from './snapshot.ts';
import { tenantStandingCommands } from './tenant-standing.ts';
import { secretCommands } from './secrets.ts';
import { tenantCommands } from './tenant.ts';
import { usageCommands } from './usage.ts';
import { wafCommands } from './waf.ts';

/** What skclaw works on, in the order of the help. */
export const RESOURCES: readonly Resource[] = [
  { name: 'env', summary: 'What a deployment needs', commands: envCommands },
  { name: 'deploy', summary: 'Release this checkout', commands: deployCommands },
  { name: 'secrets', summary: 'Secrets of the Worker', commands: secretCommands },
  { name: 'waf', summary: 'The zone’s firewall', commands: wafCommands },
  {
    name: 'tenant',
    summary: 'Customers on a platform',
    commands: [...tenantCommands, ...tenantStandingCommands],
  },
  {
    name: 'routing',
    summary: 'Which model answers whom',
    commands: [...routingSetCommands, ...routingCommands],
  },
  { name: 'agent', summary: 'A tenant’s running agent', commands: agentCommands },
  { name: 'snapshot', summary: 'Saved states of a tenant’s agent', commands: snapshotCommands },
  { name: 'session', summary: 'A tenant’s conversations', commands: sessionCommands },
  { name: 'schedule', summary: 'What an agent is told at set times', commands: scheduleCommands },
  { name: 'device', summary: 'Devices of OpenClaw’s own apps', commands: deviceCommands },
  {
    name: 'member',
    summary: 'A tenant’s people, their invites and sign-ins',
    commands: [...memberCommands, ...inviteCommands, ...signInCommands],
  },
  { name: 'key', summary: 'A tenant’s API keys', commands: keyCommands },
  {
    name: 'hostname',
    summary: 'Addresses under which tenants are reached',
    commands: hostnameCommands,
  },
  { name: 'operator', summary: 'Who operates the system', commands: operatorCommands },
  { name: 'usage', summary: 'What was used, and what it cost', commands: usageCommands },
  { name: 'audit', summary: 'What operators changed', commands: auditCommands },
  { name: 'notice', summary: 'What operators should know of tenants', commands: noticeCommands },
];

/** Every command, in the order of the help. */
export const COMMANDS: readonly Command[] = RESOURCES.flatMap(({ commands }) => commands);
