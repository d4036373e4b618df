import type { Command } from '../command.ts';
import { agentCommands } from './agent.ts';
import { envCommands } from './env.ts';
import { routingCommands } from './routing.ts';
import { tenantCommands } from './tenant.ts';

/** Every command, in the order of the help. */
export const COMMANDS: readonly Command[] = [
  ...envCommands,
  ...tenantCommands,
  ...routingCommands,
  ...agentCommands,
];
