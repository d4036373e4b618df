import { noticeList } from '../../contract/notices.ts';
import { defineCommand, type Command } from '../command.ts';
import { FLAGS, pageInput } from '../options.ts';
import { cell, nextPage } from '../output.ts';

const list = defineCommand({
  name: 'notice list',
  summary: 'List what operators should know of tenants, such as budgets that are used up',
  flags: [FLAGS.limit, FLAGS.cursor],
  examples: ['notice list --format table'],
  input: pageInput,
  run: async (query, context) => {
    const client = await context.client();
    const answer = await client.request({ path: '/admin/api/notices', query, answer: noticeList });
    const table = () => ({
      columns: ['at', 'tenantId', 'kind', 'used', 'limit'],
      rows: answer.notices.map(({ at, tenantId, kind, data }) => [
        cell(at, 'at'),
        tenantId,
        kind,
        cell(data.usedNano, 'usedNano'),
        cell(data.limitNano, 'limitNano'),
      ]),
      note: nextPage(answer.cursor),
    });
    return { data: answer, table };
  },
});

export const noticeCommands: Command[] = [list];
