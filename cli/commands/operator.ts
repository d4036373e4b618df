import { z } from 'zod';
import { changeOperatorBody, operatorEntry, operatorList } from '../../contract/operators.ts';
import { noContent } from '../client.ts';
import { defineCommand, type Command } from '../command.ts';
import { confirm } from '../confirm.ts';
import { choice, FLAGS, yes } from '../options.ts';
import { listTable, recordTable } from '../output.ts';

const OPERATORS = '/admin/api/operators';
const ROLES = changeOperatorBody.shape.role.options;
const ROLE = { ...FLAGS.role, summary: `Role: ${ROLES.join(', ')}` };
const role = choice(ROLES);

/** An e-mail address, or the client id of a service token, which has no @. */
const subject = z
  .string()
  .trim()
  .regex(/^[^\s,]{3,320}$/, 'must be an e-mail address or the client id of a service token');

function pathOf(named: string): string {
  return `${OPERATORS}/${encodeURIComponent(named)}`;
}

const list = defineCommand({
  name: 'operator list',
  summary: 'List who operates the system, and as what',
  flags: [],
  examples: ['operator list --format table'],
  input: z.object({}),
  run: async (_, context) => {
    const client = await context.client();
    const answer = await client.request({ path: OPERATORS, answer: operatorList });
    const columns = ['subject', 'kind', 'role', 'source', 'createdBy', 'createdAt'] as const;
    return { data: answer, table: () => listTable(answer.operators, columns) };
  },
});

const add = defineCommand({
  name: 'operator add',
  args: '<subject>',
  summary: 'Let a person or a service token operate the system',
  flags: [ROLE],
  examples: [
    'operator add ada@example.com --role viewer',
    'operator add 0123456789abcdef0123456789abcdef.access --role maintainer',
  ],
  input: z.object({ subject, role }),
  run: async ({ subject, role }, context) => {
    const client = await context.client();
    const kind = subject.includes('@') ? 'person' : 'service';
    const added = await client.request({
      method: 'POST',
      path: OPERATORS,
      body: { kind, subject, role },
      answer: operatorEntry,
    });
    return { data: added, table: () => recordTable(added) };
  },
});

const update = defineCommand({
  name: 'operator update',
  args: '<subject>',
  summary: 'Give an operator another role; it holds at the next request',
  flags: [ROLE],
  examples: ['operator update ada@example.com --role admin'],
  input: z.object({ subject, role }),
  run: async ({ subject, role }, context) => {
    const client = await context.client();
    const changed = await client.request({
      method: 'PATCH',
      path: pathOf(subject),
      body: { role },
      answer: operatorEntry,
    });
    return { data: changed, table: () => recordTable(changed) };
  },
});

const remove = defineCommand({
  name: 'operator remove',
  args: '<subject>',
  summary: 'Let an operator in no more; it holds at the next request',
  flags: [FLAGS.yes],
  examples: ['operator remove ada@example.com --yes'],
  input: z.object({ subject, yes }),
  run: async ({ subject, yes }, context) => {
    await confirm(context.io, { what: `Remove operator ${subject}`, yes });
    const client = await context.client();
    await client.request({ method: 'DELETE', path: pathOf(subject), answer: noContent });
    const removed = { subject, removed: true };
    return { data: removed, table: () => recordTable(removed) };
  },
});

export const operatorCommands: Command[] = [list, add, update, remove];
