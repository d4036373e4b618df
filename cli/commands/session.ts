import { sessionHistory, sessionList } from '../../contract/api.ts';
import type { SessionEvent } from '../../contract/frames.ts';
import { ulidSchema } from '../../contract/ids.ts';
import { agentInput, wholeNumber } from '../agent-options.ts';
import { noContent, tenantPath } from '../client.ts';
import { defineCommand, type Command } from '../command.ts';
import { confirm } from '../confirm.ts';
import { FLAGS, yes } from '../options.ts';
import { cell, listTable, recordTable } from '../output.ts';

/** Most events of one answer. */
const MAX_EVENTS = 1_000;
/** Highest number of an event that is asked for; a session never comes near it. */
const MAX_SEQ = 1_000_000_000;

const input = agentInput.extend({ id: ulidSchema });

const list = defineCommand({
  name: 'session list',
  summary: 'List the sessions of a tenant, the one touched last first',
  flags: [FLAGS.tenantId],
  examples: ['session list --tenant-id acme --format table'],
  input: agentInput,
  run: async ({ tenantId }, context) => {
    const client = await context.client();
    const path = tenantPath(tenantId, '/sessions');
    const answer = await client.request({ path, answer: sessionList });
    return {
      data: answer,
      table: () =>
        listTable(answer.sessions, ['id', 'title', 'working', 'lastSeq', 'createdAt', 'updatedAt']),
    };
  },
});

/** What an event says, on one line. */
function said({ data }: SessionEvent): string {
  const { type: _, ...rest } = data;
  return 'text' in rest ? rest.text : JSON.stringify(rest);
}

const show = defineCommand({
  name: 'session show',
  args: '<id>',
  summary: 'Show a session with what was said in it, in pages; the audit says who looked',
  flags: [
    FLAGS.tenantId,
    { flag: '--after <seq>', summary: 'Only events after this one' },
    { flag: '--limit <n>', summary: `Events in one answer, 1 to ${MAX_EVENTS}` },
  ],
  examples: [
    'session show 01KAXYZ5F0000000000000000A --tenant-id acme',
    'session show 01KAXYZ5F0000000000000000A --tenant-id acme --after 500 --limit 100',
  ],
  input: input.extend({
    after: wholeNumber(0, MAX_SEQ).optional(),
    limit: wholeNumber(1, MAX_EVENTS).optional(),
  }),
  run: async ({ tenantId, id, after, limit }, context) => {
    const client = await context.client();
    const history = await client.request({
      path: tenantPath(tenantId, `/sessions/${id}/events`),
      query: { after, limit },
      answer: sessionHistory,
    });
    return {
      data: history,
      table: () => ({
        columns: ['seq', 'at', 'type', 'text'],
        rows: history.events.map((event) => [
          String(event.seq),
          cell(event.at, 'at'),
          event.data.type,
          cell(said(event)),
        ]),
        note: history.more
          ? `There is more: --after ${history.events.at(-1)?.seq ?? 0}`
          : undefined,
      }),
    };
  },
});

const remove = defineCommand({
  name: 'session delete',
  args: '<id>',
  summary: 'Delete a session with all that was said in it; a turn under way is stopped',
  flags: [FLAGS.tenantId, FLAGS.yes],
  examples: ['session delete 01KAXYZ5F0000000000000000A --tenant-id acme --yes'],
  input: input.extend({ yes }),
  run: async ({ tenantId, id, yes: sure }, context) => {
    await confirm(context.io, { what: `Delete session ${id} of ${tenantId}`, yes: sure });
    const client = await context.client();
    const path = tenantPath(tenantId, `/sessions/${id}`);
    await client.request({ method: 'DELETE', path, answer: noContent });
    const data = { id, deleted: true };
    return { data, table: () => recordTable(data) };
  },
});

export const sessionCommands: Command[] = [list, show, remove];
