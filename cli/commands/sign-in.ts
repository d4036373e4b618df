import { z } from 'zod';
import { ulidSchema } from '../../contract/ids.ts';
import { signInList, signInView, type SignInView } from '../../contract/members.ts';
import { tenantPath, type Client } from '../client.ts';
import { defineCommand, type Command } from '../command.ts';
import { confirm } from '../confirm.ts';
import { FLAGS, tenantRef, yes } from '../options.ts';
import { listTable, type Table } from '../output.ts';

function signInTable(signIns: readonly SignInView[]): Table {
  const columns = ['id', 'memberId', 'hostname', 'state', 'createdAt', 'lastSeenAt'] as const;
  return listTable(signIns, [...columns, 'expiresAt']);
}

async function readSignIns(client: Client, tenantId: string): Promise<SignInView[]> {
  const path = tenantPath(tenantId, '/sign-ins');
  return (await client.request({ path, answer: signInList })).signIns;
}

const list = defineCommand({
  name: 'member sign-ins',
  summary: 'List where a tenant’s members are signed in',
  flags: [FLAGS.tenantId],
  examples: ['member sign-ins --tenant-id acme --format table'],
  input: z.object({ tenantId: tenantRef }),
  run: async ({ tenantId }, context) => {
    const signIns = await readSignIns(await context.client(), tenantId);
    return { data: { signIns }, table: () => signInTable(signIns) };
  },
});

const signOut = defineCommand({
  name: 'member sign-out',
  args: '[id]',
  summary: 'End one sign-in, or all of them; who is signed out needs a new invite',
  flags: [
    FLAGS.tenantId,
    { flag: '--all', summary: 'Every sign-in that holds' },
    { flag: '--member-id <id>', summary: 'With --all: only this member’s' },
    FLAGS.yes,
  ],
  examples: [
    'member sign-out 01JDZZZZZZZZZZZZZZZZZZZZZZ --tenant-id acme --yes',
    'member sign-out --all --tenant-id acme --yes',
    'member sign-out --all --member-id 01JDZZZZZZZZZZZZZZZZZZZZZZ --tenant-id acme --yes',
  ],
  input: z
    .object({
      id: ulidSchema.optional(),
      tenantId: tenantRef,
      all: z.boolean().default(false),
      memberId: ulidSchema.optional(),
      yes,
    })
    .refine(({ id, all }) => (id === undefined) === all, {
      message: 'Name one sign-in, or give --all.',
    })
    .refine(({ memberId, all }) => memberId === undefined || all, {
      message: '--member-id goes with --all.',
    }),
  run: async ({ id, tenantId, memberId, yes }, context) => {
    const whose = memberId === undefined ? tenantId : `member ${memberId} of ${tenantId}`;
    const what = id === undefined ? `every sign-in of ${whose}` : `sign-in ${id} of ${tenantId}`;
    await confirm(context.io, { what: `End ${what}`, yes });
    const client = await context.client();
    const ofWhom = (one: SignInView): boolean =>
      memberId === undefined || one.memberId === memberId;
    const holding = async (): Promise<string[]> =>
      (await readSignIns(client, tenantId))
        .filter((one) => one.state === 'active' && ofWhom(one))
        .map((one) => one.id);
    const signIns: SignInView[] = [];
    // One after the other: each is a change of its own in the audit, and the agent makes one at a time.
    for (const one of id === undefined ? await holding() : [id]) {
      const path = tenantPath(tenantId, `/sign-ins/${one}`);
      signIns.push(await client.request({ method: 'DELETE', path, answer: signInView }));
    }
    return { data: { signIns }, table: () => signInTable(signIns) };
  },
});

export const signInCommands: Command[] = [list, signOut];
