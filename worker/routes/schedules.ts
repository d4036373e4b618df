import type { z } from 'zod';
import {
  createScheduleBody,
  scheduleRunsQuery,
  scheduleTimesQuery,
  updateScheduleBody,
  type scheduleList,
  type scheduleRunList,
  type scheduleTimes,
} from '../../contract/schedules.ts';
import { askAgent, callerOf } from '../ask-agent.ts';
import { bookChange } from '../book-change.ts';
import { ulidOf, type EdgeContext } from '../context.ts';
import { MAX_MESSAGE_BODY_BYTES, readBody, readQuery } from '../read-body.ts';
import { tenantResource } from '../tenant-resource.ts';

function scheduleId(c: EdgeContext): string {
  return ulidOf(c, { param: 'scheduleId', code: 'not_found', thing: 'schedule' });
}

/** Books an operator's change. A prompt is nobody else's to read. */
function book(
  c: EdgeContext,
  { action, id, after }: { action: string; id?: string; after?: { prompt?: unknown } },
): Promise<void> {
  const { prompt: _, ...rest } = after ?? {};
  return bookChange(c, {
    action,
    ...(id !== undefined && { target: `schedule:${id}` }),
    ...(after && { after: rest }),
  });
}

/** The schedules of a tenant. Whether a member may change them, the agent knows. */
export const scheduleRoutes = tenantResource([
  {
    method: 'GET',
    path: '/schedules',
    action: 'schedule.read',
    async handle(c) {
      const schedules = await askAgent(c, (agent) => agent.listSchedules(callerOf(c)));
      const list: z.infer<typeof scheduleList> = { schedules };
      return c.json(list);
    },
  },
  {
    method: 'POST',
    path: '/schedules',
    action: 'schedule.write',
    async handle(c) {
      const body = await readBody(c.req.raw, createScheduleBody, MAX_MESSAGE_BODY_BYTES);
      await book(c, { action: 'schedule.create', after: body });
      return c.json(await askAgent(c, (agent) => agent.createSchedule(callerOf(c), body)), 201);
    },
  },
  {
    method: 'GET',
    path: '/schedule-times',
    action: 'schedule.read',
    async handle(c) {
      const query = readQuery(new URL(c.req.url), scheduleTimesQuery);
      const times = await askAgent(c, (agent) => agent.scheduleTimes(callerOf(c), query));
      const view: z.infer<typeof scheduleTimes> = { times };
      return c.json(view);
    },
  },
  {
    method: 'GET',
    path: '/schedules/:scheduleId',
    action: 'schedule.read',
    async handle(c) {
      const id = scheduleId(c);
      return c.json(await askAgent(c, (agent) => agent.readSchedule(callerOf(c), id)));
    },
  },
  {
    method: 'PATCH',
    path: '/schedules/:scheduleId',
    action: 'schedule.write',
    async handle(c) {
      const id = scheduleId(c);
      const body = await readBody(c.req.raw, updateScheduleBody, MAX_MESSAGE_BODY_BYTES);
      await book(c, { action: 'schedule.update', id, after: body });
      return c.json(await askAgent(c, (agent) => agent.updateSchedule(callerOf(c), id, body)));
    },
  },
  {
    method: 'DELETE',
    path: '/schedules/:scheduleId',
    action: 'schedule.write',
    async handle(c) {
      const id = scheduleId(c);
      await book(c, { action: 'schedule.delete', id });
      await askAgent(c, (agent) => agent.deleteSchedule(callerOf(c), id));
      return c.body(null, 204);
    },
  },
  {
    method: 'POST',
    path: '/schedules/:scheduleId/run',
    action: 'schedule.write',
    async handle(c) {
      const id = scheduleId(c);
      await book(c, { action: 'schedule.run', id });
      return c.json(await askAgent(c, (agent) => agent.runSchedule(callerOf(c), id)), 202);
    },
  },
  {
    method: 'GET',
    path: '/schedules/:scheduleId/runs',
    action: 'schedule.read',
    async handle(c) {
      const id = scheduleId(c);
      const page = readQuery(new URL(c.req.url), scheduleRunsQuery);
      const runs = await askAgent(c, (agent) => agent.scheduleRuns(callerOf(c), id, page));
      const list: z.infer<typeof scheduleRunList> = { runs };
      return c.json(list);
    },
  },
]);
