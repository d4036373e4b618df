import { z } from 'zod';
import { ulidSchema } from '../../contract/ids.ts';
import { createScheduleBody, scheduleView, type ScheduleView } from '../../contract/schedules.ts';
import { agentInput, isGiven } from '../agent-options.ts';
import type { Flag } from '../argv.ts';
import { tenantPath } from '../client.ts';
import { defineCommand, type Command, type CommandResult } from '../command.ts';
import { FLAGS } from '../options.ts';
import { recordTable } from '../output.ts';

const BODY_FLAGS: Flag[] = [
  FLAGS.name,
  { flag: '--cron <cron>', summary: 'Minute, hour, day of month, month, day of week' },
  { flag: '--time-zone <zone>', summary: 'Time zone of the cron expression; UTC otherwise' },
  { flag: '--prompt <text>', summary: 'What the agent is told' },
  { flag: '--session-id <id>', summary: 'Session that its runs are written to; its own otherwise' },
  { flag: '--enabled', summary: 'Whether it runs (--no-enabled: not)', negatable: true },
];

const { name, cron, prompt } = createScheduleBody.shape;
const timeZone = createScheduleBody.shape.timeZone.unwrap().optional();

function oneSchedule(schedule: ScheduleView): CommandResult {
  return { data: schedule, table: () => recordTable(schedule) };
}

const create = defineCommand({
  name: 'schedule create',
  summary: 'Have a tenant’s agent told something at set times',
  flags: [FLAGS.tenantId, ...BODY_FLAGS],
  examples: [
    'schedule create --tenant-id acme --name daily --cron "0 9 * * *" --prompt "What is new?"',
    'schedule create --tenant-id acme --name early --cron "30 6 * * 1-5" --time-zone Europe/Berlin --prompt Report.',
  ],
  input: agentInput.extend({
    name,
    cron,
    prompt,
    timeZone,
    sessionId: ulidSchema.optional(),
    enabled: z.boolean().optional(),
  }),
  run: async ({ tenantId, ...body }, context) => {
    const client = await context.client();
    const path = tenantPath(tenantId, '/schedules');
    return oneSchedule(await client.request({ method: 'POST', path, body, answer: scheduleView }));
  },
});

const update = defineCommand({
  name: 'schedule update',
  args: '<id>',
  summary: 'Change a schedule: what is not given stays',
  flags: [
    FLAGS.tenantId,
    ...BODY_FLAGS,
    { flag: '--own-session', summary: 'Its next run begins a session of its own' },
  ],
  examples: [
    'schedule update 01KAXYZ5F0000000000000000A --tenant-id acme --no-enabled',
    'schedule update 01KAXYZ5F0000000000000000A --tenant-id acme --cron "0 8 * * *"',
  ],
  input: agentInput
    .extend({
      id: ulidSchema,
      name: name.optional(),
      cron: cron.optional(),
      prompt: prompt.optional(),
      timeZone,
      sessionId: ulidSchema.optional(),
      ownSession: isGiven,
      enabled: z.boolean().optional(),
    })
    .refine((asked) => !(asked.ownSession && asked.sessionId !== undefined), {
      message: 'Give --session-id or --own-session, not both.',
    })
    .refine(
      ({ ownSession, name, cron, prompt, timeZone, sessionId, enabled }) =>
        ownSession ||
        [name, cron, prompt, timeZone, sessionId, enabled].some((value) => value !== undefined),
      { message: 'Nothing to change: give what should be another.' },
    ),
  run: async ({ tenantId, id, ownSession, ...changes }, context) => {
    const client = await context.client();
    const path = tenantPath(tenantId, `/schedules/${id}`);
    const body = ownSession ? { ...changes, sessionId: null } : changes;
    return oneSchedule(await client.request({ method: 'PATCH', path, body, answer: scheduleView }));
  },
});

export const scheduleChangeCommands: Command[] = [create, update];
