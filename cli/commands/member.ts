import { z } from 'zod';
import { ulidSchema } from '../../contract/ids.ts';
import { memberList, memberView, updateMemberBody } from '../../contract/members.ts';
import { tenantPath } from '../client.ts';
import { defineCommand, type Command } from '../command.ts';
import { confirm } from '../confirm.ts';
import { FLAGS, memberRole, tenantRef, yes } from '../options.ts';
import { listTable, recordTable } from '../output.ts';

const list = defineCommand({
  name: 'member list',
  summary: 'List the people of a tenant',
  flags: [FLAGS.tenantId],
  examples: ['member list --tenant-id acme --format table'],
  input: z.object({ tenantId: tenantRef }),
  run: async ({ tenantId }, context) => {
    const client = await context.client();
    const path = tenantPath(tenantId, '/members');
    const answer = await client.request({ path, answer: memberList });
    const columns = ['id', 'name', 'role', 'state', 'signIns', 'lastSeenAt', 'createdAt'] as const;
    return { data: answer, table: () => listTable(answer.members, columns) };
  },
});

const update = defineCommand({
  name: 'member update',
  args: '<id>',
  summary: 'Change a member’s role or name',
  flags: [FLAGS.tenantId, FLAGS.memberRole, FLAGS.name],
  examples: ['member update 01JDZZZZZZZZZZZZZZZZZZZZZZ --tenant-id acme --role owner'],
  input: z
    .object({
      id: ulidSchema,
      tenantId: tenantRef,
      role: memberRole.optional(),
      name: updateMemberBody.shape.name,
    })
    .refine(({ role, name }) => role !== undefined || name !== undefined, {
      message: 'Nothing to change: give --role or --name.',
    }),
  run: async ({ id, tenantId, ...body }, context) => {
    const client = await context.client();
    const path = tenantPath(tenantId, `/members/${id}`);
    const member = await client.request({ method: 'PATCH', path, body, answer: memberView });
    return { data: member, table: () => recordTable(member) };
  },
});

const remove = defineCommand({
  name: 'member remove',
  args: '<id>',
  summary: 'Remove a member with all their sign-ins; their open chats close',
  flags: [FLAGS.tenantId, FLAGS.yes],
  examples: ['member remove 01JDZZZZZZZZZZZZZZZZZZZZZZ --tenant-id acme --yes'],
  input: z.object({ id: ulidSchema, tenantId: tenantRef, yes }),
  run: async ({ id, tenantId, yes }, context) => {
    await confirm(context.io, { what: `Remove member ${id} of ${tenantId}`, yes });
    const client = await context.client();
    const path = tenantPath(tenantId, `/members/${id}`);
    const member = await client.request({ method: 'DELETE', path, answer: memberView });
    return { data: member, table: () => recordTable(member) };
  },
});

export const memberCommands: Command[] = [list, update, remove];
