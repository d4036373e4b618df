import { z } from 'zod';
import { ulidSchema } from '../../contract/ids.ts';
import { createdInvite, createInviteBody, inviteList, inviteView } from '../../contract/members.ts';
import { tenantPath } from '../client.ts';
import { defineCommand, type Command } from '../command.ts';
import { confirm } from '../confirm.ts';
import { duration, FLAGS, memberRole, tenantRef, yes } from '../options.ts';
import { listTable, recordTable } from '../output.ts';

const invite = defineCommand({
  name: 'member invite',
  summary: 'Make a link by which one person gets in, once',
  flags: [
    FLAGS.tenantId,
    FLAGS.memberRole,
    FLAGS.expiresIn,
    { flag: '--hostname <host>', summary: 'Hostname of the tenant to sign in on; else its own' },
    { flag: '--member-id <id>', summary: 'A member to sign in again; else a new one is made' },
  ],
  examples: [
    'member invite --tenant-id acme --role owner',
    'member invite --tenant-id acme --expires-in 12h --hostname chat.example.com',
    'member invite --tenant-id acme --member-id 01JDZZZZZZZZZZZZZZZZZZZZZZ',
  ],
  input: z.object({
    tenantId: tenantRef,
    role: memberRole.optional(),
    expiresIn: duration.pipe(createInviteBody.shape.expiresInS.unwrap()).optional(),
    hostname: createInviteBody.shape.hostname,
    memberId: createInviteBody.shape.memberId,
  }),
  run: async ({ tenantId, expiresIn: expiresInS, ...rest }, context) => {
    const client = await context.client();
    const path = tenantPath(tenantId, '/invites');
    const body = { ...rest, expiresInS };
    const made = await client.request({ method: 'POST', path, body, answer: createdInvite });
    context.progress.note('The link works once, and is not shown again.');
    return { data: made, table: () => recordTable(made) };
  },
});

const invites = defineCommand({
  name: 'member invites',
  summary: 'List the invites of a tenant, without their links',
  flags: [FLAGS.tenantId],
  examples: ['member invites --tenant-id acme --format table'],
  input: z.object({ tenantId: tenantRef }),
  run: async ({ tenantId }, context) => {
    const client = await context.client();
    const path = tenantPath(tenantId, '/invites');
    const answer = await client.request({ path, answer: inviteList });
    const columns = [
      'id',
      'role',
      'state',
      'hostname',
      'createdBy',
      'expiresAt',
      'usedBy',
    ] as const;
    return { data: answer, table: () => listTable(answer.invites, columns) };
  },
});

const revoke = defineCommand({
  name: 'member revoke-invite',
  args: '<id>',
  summary: 'End an invite that was not used',
  flags: [FLAGS.tenantId, FLAGS.yes],
  examples: ['member revoke-invite 01JDZZZZZZZZZZZZZZZZZZZZZZ --tenant-id acme --yes'],
  input: z.object({ id: ulidSchema, tenantId: tenantRef, yes }),
  run: async ({ id, tenantId, yes }, context) => {
    await confirm(context.io, { what: `Revoke invite ${id} of ${tenantId}`, yes });
    const client = await context.client();
    const path = tenantPath(tenantId, `/invites/${id}`);
    const revoked = await client.request({ method: 'DELETE', path, answer: inviteView });
    return { data: revoked, table: () => recordTable(revoked) };
  },
});

export const inviteCommands: Command[] = [invite, invites, revoke];
