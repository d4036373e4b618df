import { ulidSchema } from '../../contract/ids.ts';
import {
  KEPT_RUNS,
  scheduleList,
  scheduleRunList,
  scheduleRunView,
} from '../../contract/schedules.ts';
import { agentInput, wholeNumber } from '../agent-options.ts';
import { noContent, tenantPath } from '../client.ts';
import { defineCommand, type Command } from '../command.ts';
import { confirm } from '../confirm.ts';
import { FLAGS, yes } from '../options.ts';
import { listTable, recordTable } from '../output.ts';
import { scheduleChangeCommands } from './schedule-change.ts';

const input = agentInput.extend({ id: ulidSchema });

const list = defineCommand({
  name: 'schedule list',
  summary: 'List the schedules of a tenant with their next and last runs',
  flags: [FLAGS.tenantId],
  examples: ['schedule list --tenant-id acme --format table'],
  input: agentInput,
  run: async ({ tenantId }, context) => {
    const client = await context.client();
    const answer = await client.request({
      path: tenantPath(tenantId, '/schedules'),
      answer: scheduleList,
    });
    const rows = answer.schedules.map((one) => ({ ...one, last: one.lastRun?.state }));
    return {
      data: answer,
      table: () => listTable(rows, ['id', 'name', 'cron', 'timeZone', 'enabled', 'nextAt', 'last']),
    };
  },
});

const run = defineCommand({
  name: 'schedule run',
  args: '<id>',
  summary: 'Run a schedule now; the agent wakes for it',
  flags: [FLAGS.tenantId],
  examples: ['schedule run 01KAXYZ5F0000000000000000A --tenant-id acme'],
  input,
  run: async ({ tenantId, id }, context) => {
    const client = await context.client();
    const path = tenantPath(tenantId, `/schedules/${id}/run`);
    const queued = await client.request({ method: 'POST', path, answer: scheduleRunView });
    return { data: queued, table: () => recordTable(queued) };
  },
});

const runs = defineCommand({
  name: 'schedule runs',
  args: '<id>',
  summary: 'List the runs of a schedule, the newest first',
  flags: [FLAGS.tenantId, { flag: '--limit <n>', summary: `Runs, 1 to ${KEPT_RUNS}` }],
  examples: ['schedule runs 01KAXYZ5F0000000000000000A --tenant-id acme --limit 5'],
  input: input.extend({ limit: wholeNumber(1, KEPT_RUNS).optional() }),
  run: async ({ tenantId, id, limit }, context) => {
    const client = await context.client();
    const answer = await client.request({
      path: tenantPath(tenantId, `/schedules/${id}/runs`),
      query: { limit },
      answer: scheduleRunList,
    });
    return {
      data: answer,
      table: () =>
        listTable(answer.runs, [
          'id',
          'trigger',
          'state',
          'reason',
          'dueAt',
          'endedAt',
          'sessionId',
        ]),
    };
  },
});

const remove = defineCommand({
  name: 'schedule delete',
  args: '<id>',
  summary: 'Delete a schedule and the record of its runs; what they wrote stays',
  flags: [FLAGS.tenantId, FLAGS.yes],
  examples: ['schedule delete 01KAXYZ5F0000000000000000A --tenant-id acme --yes'],
  input: input.extend({ yes }),
  run: async ({ tenantId, id, yes: sure }, context) => {
    await confirm(context.io, { what: `Delete schedule ${id} of ${tenantId}`, yes: sure });
    const client = await context.client();
    const path = tenantPath(tenantId, `/schedules/${id}`);
    await client.request({ method: 'DELETE', path, answer: noContent });
    const data = { id, deleted: true };
    return { data, table: () => recordTable(data) };
  },
});

export const scheduleCommands: Command[] = [list, ...scheduleChangeCommands, run, runs, remove];
