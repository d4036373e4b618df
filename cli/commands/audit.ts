import { z } from 'zod';
import { auditList } from '../../contract/audit.ts';
import { defineCommand, type Command } from '../command.ts';
import { FLAGS, moment, pageInput, tenantRef } from '../options.ts';
import { cell, nextPage } from '../output.ts';

/** Characters of what a change made of something, in a table; JSON has all of it. */
const MAX_AFTER_CHARS = 60;
const exactly = z.string().min(1).max(600);
const COLUMNS = ['at', 'actor', 'action', 'target', 'after', 'requestId'] as const;

const audit = defineCommand({
  name: 'audit',
  summary: 'Show what operators changed, the newest first',
  flags: [
    FLAGS.tenantId,
    { flag: '--actor <subject>', summary: 'Who did it' },
    { flag: '--action <action>', summary: 'What it was, such as tenant.update' },
    { flag: '--target <target>', summary: 'What was changed, such as policy:3' },
    { flag: '--since <time>', summary: 'From then on: a day or a time, UTC' },
    { flag: '--before <time>', summary: 'Before then' },
    FLAGS.query,
    FLAGS.limit,
    FLAGS.cursor,
  ],
  examples: [
    'audit --limit 20 --format table',
    'audit --tenant-id acme --action tenant.update',
    'audit --actor ada@example.com --since 2026-11-22T10:00:00Z',
  ],
  input: pageInput.extend({
    tenantId: tenantRef.optional(),
    actor: exactly.optional(),
    action: exactly.optional(),
    target: exactly.optional(),
    since: moment.optional(),
    before: moment.optional(),
    query: z.string().trim().max(100).optional(),
  }),
  run: async ({ tenantId: tenant, query: q, ...rest }, context) => {
    const client = await context.client();
    const query = { tenant, q, ...rest };
    const answer = await client.request({ path: '/admin/api/audit', query, answer: auditList });
    const table = () => ({
      columns: [...COLUMNS],
      rows: answer.entries.map((entry) =>
        COLUMNS.map((name) =>
          cell(entry[name], name).slice(0, name === 'after' ? MAX_AFTER_CHARS : undefined),
        ),
      ),
      note: nextPage(answer.cursor),
    });
    return { data: answer, table };
  },
});

export const auditCommands: Command[] = [audit];
