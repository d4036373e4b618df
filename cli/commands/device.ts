import { z } from 'zod';
import {
  approvedDevice,
  approvedDevices,
  deviceId,
  deviceList,
  pairingRequestId,
} from '../../contract/devices.ts';
import { agentInput, isGiven } from '../agent-options.ts';
import { agentPath, noContent } from '../client.ts';
import { defineCommand, type Command } from '../command.ts';
import { confirm } from '../confirm.ts';
import { FLAGS, yes } from '../options.ts';
import { cell, listTable, recordTable } from '../output.ts';

const NO_ID = 'must be an id as the list shows it';
const request = z.string().refine((id) => pairingRequestId.safeParse(id).success, NO_ID);
const device = z.string().refine((id) => deviceId.safeParse(id).success, NO_ID);

const list = defineCommand({
  name: 'device list',
  summary: 'List the devices of OpenClaw’s own apps: those that wait and those let in',
  flags: [FLAGS.tenantId],
  examples: ['device list --tenant-id acme --format table'],
  input: agentInput,
  run: async ({ tenantId }, context) => {
    const client = await context.client();
    const path = agentPath(tenantId, '/devices');
    const answer = await client.request({ path, answer: deviceList });
    const rows = [
      ...answer.pending.map((one) => ({ ...one, state: 'waits', id: one.requestId })),
      ...answer.paired.map((one) => ({ ...one, state: 'let in', id: one.deviceId })),
    ];
    return {
      data: answer,
      table: () => listTable(rows, ['state', 'id', 'name', 'platform', 'scopes', 'address']),
    };
  },
});

const approve = defineCommand({
  name: 'device approve',
  args: '[request]',
  summary: 'Let a device in that waits, or all that do',
  flags: [FLAGS.tenantId, { flag: '--all', summary: 'All that wait' }],
  examples: [
    'device approve 0c9f9e0e-58e0-4f7b-9d5a-3b8f3b1c2d4e --tenant-id acme',
    'device approve --all --tenant-id acme',
  ],
  input: agentInput
    .extend({ request: request.optional(), all: isGiven })
    .refine((input) => (input.request === undefined) === input.all, {
      message: 'Name one request, or give --all.',
    }),
  run: async ({ tenantId, request: id }, context) => {
    const client = await context.client();
    const path = agentPath(
      tenantId,
      id === undefined ? '/devices/approve-all' : `/devices/${id}/approve`,
    );
    const answer =
      id === undefined
        ? await client.request({ method: 'POST', path, answer: approvedDevices })
        : { approved: [await client.request({ method: 'POST', path, answer: approvedDevice })] };
    return { data: answer, table: () => listTable(answer.approved, ['requestId', 'deviceId']) };
  },
});

const reject = defineCommand({
  name: 'device reject',
  args: '<request>',
  summary: 'Turn a device away that waits; it may ask again',
  flags: [FLAGS.tenantId],
  examples: ['device reject 0c9f9e0e-58e0-4f7b-9d5a-3b8f3b1c2d4e --tenant-id acme'],
  input: agentInput.extend({ request }),
  run: async ({ tenantId, request: requestId }, context) => {
    const client = await context.client();
    const path = agentPath(tenantId, `/devices/${requestId}/reject`);
    await client.request({ method: 'POST', path, answer: noContent });
    const data = { requestId, rejected: true };
    return { data, table: () => recordTable(data) };
  },
});

const remove = defineCommand({
  name: 'device remove',
  args: '<device>',
  summary: 'Lock a device out that was let in; its connections are closed',
  flags: [FLAGS.tenantId, FLAGS.yes],
  examples: [`device remove ${'5f'.repeat(32)} --tenant-id acme --yes`],
  input: agentInput.extend({ device, yes }),
  run: async ({ tenantId, device: id, yes: sure }, context) => {
    await confirm(context.io, { what: `Lock device ${cell(id)} of ${tenantId} out`, yes: sure });
    const client = await context.client();
    const path = agentPath(tenantId, `/devices/${id}`);
    await client.request({ method: 'DELETE', path, answer: noContent });
    const data = { deviceId: id, removed: true };
    return { data, table: () => recordTable(data) };
  },
});

export const deviceCommands: Command[] = [list, approve, reject, remove];
