import { z } from 'zod';
import { updatedTenant } from '../../contract/api.ts';
import { hostnameList, movedHostname } from '../../contract/hostnames.ts';
import { tenantPath } from '../client.ts';
import { defineCommand, type Command } from '../command.ts';
import { confirm } from '../confirm.ts';
import { FLAGS, tenantRef, yes } from '../options.ts';
import { listTable, recordTable } from '../output.ts';
import { changedTenant } from '../tenant-answer.ts';

/** A hostname as it is typed; the system normalises it. It never is a step of a path, such as `..`. */
const hostname = z
  .string()
  .max(1_024, 'is too long')
  .regex(/^[^\s/?#]*[\p{L}\p{N}][^\s/?#]*$/u, 'must be a hostname');

function pathOf(tenantId: string, host: string, rest = ''): string {
  return tenantPath(tenantId, `/hostnames/${encodeURIComponent(host)}${rest}`);
}

const list = defineCommand({
  name: 'hostname list',
  summary: 'List the hostnames under which a tenant is reached',
  flags: [FLAGS.tenantId],
  examples: ['hostname list --tenant-id acme --format table'],
  input: z.object({ tenantId: tenantRef }),
  run: async ({ tenantId }, context) => {
    const client = await context.client();
    const path = tenantPath(tenantId, '/hostnames');
    const answer = await client.request({ path, answer: hostnameList });
    const columns = ['hostname', 'kind', 'state', 'tenantId', 'heirId', 'since'] as const;
    return { data: answer, table: () => listTable(answer.hostnames, columns) };
  },
});

const add = defineCommand({
  name: 'hostname add',
  args: '<hostname>',
  summary: 'Give a tenant a hostname of its own',
  flags: [FLAGS.tenantId],
  examples: ['hostname add chat.example.com --tenant-id acme'],
  input: z.object({ hostname, tenantId: tenantRef }),
  run: async ({ tenantId, ...body }, context) => {
    const client = await context.client();
    const path = tenantPath(tenantId, '/hostnames');
    const added = await client.request({ method: 'POST', path, body, answer: updatedTenant });
    return changedTenant(added, context);
  },
});

const remove = defineCommand({
  name: 'hostname remove',
  args: '<hostname>',
  summary: 'Take a hostname from a tenant: it reaches nobody then',
  flags: [FLAGS.tenantId, FLAGS.yes],
  examples: ['hostname remove chat.example.com --tenant-id acme --yes'],
  input: z.object({ hostname, tenantId: tenantRef, yes }),
  run: async ({ hostname, tenantId, yes }, context) => {
    await confirm(context.io, { what: `Take ${hostname} from ${tenantId}`, yes });
    const client = await context.client();
    const path = pathOf(tenantId, hostname);
    const removed = await client.request({ method: 'DELETE', path, answer: updatedTenant });
    return changedTenant(removed, context);
  },
});

const move = defineCommand({
  name: 'hostname move',
  args: '<hostname>',
  summary: 'Give a hostname of one tenant to another',
  flags: [
    FLAGS.tenantId,
    { flag: '--to <tenant>', summary: 'Tenant that gets it: its id or its slug' },
    FLAGS.yes,
  ],
  examples: ['hostname move chat.example.com --tenant-id acme --to globex --yes'],
  input: z.object({ hostname, tenantId: tenantRef, to: tenantRef, yes }),
  run: async ({ hostname, tenantId, to, yes }, context) => {
    await confirm(context.io, { what: `Move ${hostname} from ${tenantId} to ${to}`, yes });
    const client = await context.client();
    const moved = await client.request({
      method: 'POST',
      path: pathOf(tenantId, hostname, '/move'),
      body: { to },
      answer: movedHostname,
    });
    if (moved.pending) {
      context.progress.note(
        'An agent has still to follow; until then the hostname reaches nobody.',
      );
    }
    return { data: moved, table: () => recordTable(moved) };
  },
});

export const hostnameCommands: Command[] = [list, add, remove, move];
