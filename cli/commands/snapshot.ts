import { resolve } from 'node:path';
import { z } from 'zod';
import { agentStatus } from '../../contract/agent.ts';
import { ulidSchema } from '../../contract/ids.ts';
import { snapshotView } from '../../contract/snapshots.ts';
import { agentInput, isGiven } from '../agent-options.ts';
import { awaitNewLife, statusResult } from '../await-agent.ts';
import { awaitStored, listSnapshots, oneSnapshot } from '../await-snapshot.ts';
import { agentPath, noContent } from '../client.ts';
import { defineCommand, type Command } from '../command.ts';
import { confirm } from '../confirm.ts';
import { FLAGS, yes } from '../options.ts';
import { listTable, recordTable } from '../output.ts';
import { saveDownload } from '../save-download.ts';

/** Where the system says what a download's SHA-256 is, hex. */
const SHA256_HEADER = 'x-sk-sha256';

const input = agentInput.extend({ id: ulidSchema });

const create = defineCommand({
  name: 'snapshot create',
  summary: 'Save the state of a tenant’s agent now; with --wait until it is stored',
  flags: [FLAGS.tenantId, FLAGS.wait],
  examples: ['snapshot create --tenant-id acme --wait'],
  input: agentInput.extend({ wait: isGiven }),
  run: async ({ tenantId, wait }, context) => {
    const client = await context.client();
    const path = agentPath(tenantId, '/snapshots');
    const begin = () => client.request({ method: 'POST', path, answer: snapshotView });
    return wait ? awaitStored(context, tenantId, begin) : oneSnapshot(await begin());
  },
});

const list = defineCommand({
  name: 'snapshot list',
  summary: 'List the saved states of a tenant’s agent, the newest first',
  flags: [FLAGS.tenantId],
  examples: ['snapshot list --tenant-id acme --format table'],
  input: agentInput,
  run: async ({ tenantId }, context) => {
    const answer = await listSnapshots(await context.client(), tenantId);
    return {
      data: answer,
      table: () =>
        listTable(answer.snapshots, [
          'id',
          'kind',
          'state',
          'size',
          'generation',
          'createdAt',
          'current',
        ]),
    };
  },
});

const restore = defineCommand({
  name: 'snapshot restore',
  args: '<id>',
  summary: 'Take a tenant’s agent back to a saved state, what it is now saved first',
  flags: [FLAGS.tenantId, FLAGS.wait, FLAGS.force, FLAGS.yes],
  examples: [
    'snapshot restore 01KAXYZ5F0000000000000000A --tenant-id acme --wait --yes',
    'snapshot restore 01KAXYZ5F0000000000000000A --tenant-id acme --force --yes',
  ],
  input: input.extend({ force: isGiven, wait: isGiven, yes }),
  run: async ({ tenantId, id, force, wait, yes: sure }, context) => {
    const lost = force ? ', and lose what is unsaved' : '';
    const what = `Take ${tenantId} back to snapshot ${id}${lost}`;
    await confirm(context.io, { what, yes: sure });
    const client = await context.client();
    const status = await client.request({
      method: 'POST',
      path: agentPath(tenantId, `/snapshots/${id}/restore`),
      body: { force },
      answer: agentStatus,
    });
    return wait ? awaitNewLife(context, tenantId, status) : statusResult(status);
  },
});

/** The file's name as the system says it, when it is one and no path. */
function nameOf(response: Response, fallback: string): string {
  const said = response.headers.get('content-disposition') ?? '';
  return /filename="([a-z0-9][A-Za-z0-9-]{0,80}\.tar\.zst)"/.exec(said)?.[1] ?? fallback;
}

const download = defineCommand({
  name: 'snapshot download',
  args: '<id>',
  summary: 'Save a snapshot as a file, its SHA-256 checked',
  flags: [
    FLAGS.tenantId,
    { flag: '--output <file>', summary: 'Where to; <slug>-<id>.tar.zst in this folder otherwise' },
    { flag: '--force', summary: 'Replace the file if there is one' },
  ],
  examples: [
    'snapshot download 01KAXYZ5F0000000000000000A --tenant-id acme',
    'snapshot download 01KAXYZ5F0000000000000000A --tenant-id acme --output /tmp/acme.tar.zst --force',
  ],
  input: input.extend({
    output: z.string().min(1, 'must name a file').optional(),
    force: isGiven,
  }),
  run: async ({ tenantId, id, output, force }, { client, io, progress }) => {
    const system = await client();
    const saved = await progress.step(
      'download',
      () =>
        system.download({ path: agentPath(tenantId, `/snapshots/${id}/download`) }, (response) =>
          saveDownload(response, {
            file: resolve(io.cwd, output ?? nameOf(response, `${tenantId}-${id}.tar.zst`)),
            sha256: response.headers.get(SHA256_HEADER),
            force,
          }),
        ),
      ({ size }) => `${size} bytes`,
    );
    const data = { id, ...saved };
    return { data, table: () => recordTable(data) };
  },
});

const remove = defineCommand({
  name: 'snapshot delete',
  args: '<id>',
  summary: 'Delete a saved state; the one that the next wake restores from stays',
  flags: [FLAGS.tenantId, FLAGS.yes],
  examples: ['snapshot delete 01KAXYZ5F0000000000000000A --tenant-id acme --yes'],
  input: input.extend({ yes }),
  run: async ({ tenantId, id, yes: sure }, context) => {
    await confirm(context.io, { what: `Delete snapshot ${id} of ${tenantId}`, yes: sure });
    const client = await context.client();
    const path = agentPath(tenantId, `/snapshots/${id}`);
    await client.request({ method: 'DELETE', path, answer: noContent });
    const data = { id, deleted: true };
    return { data, table: () => recordTable(data) };
  },
});

export const snapshotCommands: Command[] = [create, list, restore, download, remove];
