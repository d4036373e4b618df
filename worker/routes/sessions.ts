import type { z } from 'zod';
import {
  createSessionBody,
  createTurnBody,
  historyQuery,
  renameSessionBody,
  type sessionHistory,
  type sessionList,
} from '../../contract/api.ts';
import { askAgent, callerOf } from '../ask-agent.ts';
import { bookChange } from '../book-change.ts';
import { bookReading } from '../book-reading.ts';
import { requestIdOf, ulidOf, type EdgeContext } from '../context.ts';
import { MAX_MESSAGE_BODY_BYTES, readBody, readQuery } from '../read-body.ts';
import { tenantResource } from '../tenant-resource.ts';

function sessionId(c: EdgeContext): string {
  return ulidOf(c, { param: 'sessionId', code: 'session_not_found', thing: 'session' });
}

/** Books what an operator does. Titles and messages are nobody else's to read in the audit. */
function book(c: EdgeContext, action: string, id: string): Promise<void> {
  return bookChange(c, { action, target: `session:${id}` });
}

/** The sessions of a tenant, their events and turns. An operator who reads one is in the audit. */
export const sessionRoutes = tenantResource([
  {
    method: 'GET',
    path: '/sessions',
    action: 'session.read',
    async handle(c) {
      const sessions = await askAgent(c, (agent) => agent.listSessions(callerOf(c)));
      const list: z.infer<typeof sessionList> = { sessions };
      return c.json(list);
    },
  },
  {
    method: 'POST',
    path: '/sessions',
    action: 'session.write',
    async handle(c) {
      const { title } = await readBody(c.req.raw, createSessionBody);
      await bookChange(c, { action: 'session.create' });
      return c.json(await askAgent(c, (agent) => agent.createSession(callerOf(c), { title })), 201);
    },
  },
  {
    method: 'GET',
    path: '/sessions/:sessionId',
    action: 'session.read',
    async handle(c) {
      const id = sessionId(c);
      // The end of the log: the session without its events.
      const options = { after: Number.MAX_SAFE_INTEGER, limit: 1 };
      const { session } = await askAgent(c, (agent) => agent.history(callerOf(c), id, options));
      return c.json(session);
    },
  },
  {
    method: 'PATCH',
    path: '/sessions/:sessionId',
    action: 'session.write',
    async handle(c) {
      const id = sessionId(c);
      const { title } = await readBody(c.req.raw, renameSessionBody);
      await book(c, 'session.rename', id);
      return c.json(await askAgent(c, (agent) => agent.renameSession(callerOf(c), id, title)));
    },
  },
  {
    method: 'DELETE',
    path: '/sessions/:sessionId',
    action: 'session.write',
    async handle(c) {
      const id = sessionId(c);
      await book(c, 'session.delete', id);
      await askAgent(c, (agent) => agent.deleteSession(callerOf(c), id));
      return c.body(null, 204);
    },
  },
  {
    method: 'GET',
    path: '/sessions/:sessionId/events',
    action: 'session.read',
    async handle(c) {
      const id = sessionId(c);
      const page = readQuery(new URL(c.req.url), historyQuery);
      // Operators may read what people said to their agent, but not unseen.
      await bookReading(c, id);
      const history: z.infer<typeof sessionHistory> = await askAgent(c, (agent) =>
        agent.history(callerOf(c), id, page),
      );
      return c.json(history);
    },
  },
  {
    method: 'POST',
    path: '/sessions/:sessionId/turns',
    action: 'session.write',
    async handle(c) {
      const session = sessionId(c);
      const { id, text, waitS } = await readBody(c.req.raw, createTurnBody, MAX_MESSAGE_BODY_BYTES);
      const options = { id, text, waitMs: waitS * 1_000, requestId: requestIdOf(c) };
      await book(c, 'session.send', session);
      const turn = await askAgent(c, (agent) => agent.createTurn(callerOf(c), session, options));
      const isOpen = turn.state === 'queued' || turn.state === 'running';
      return c.json(turn, isOpen ? 202 : 200);
    },
  },
  {
    method: 'POST',
    path: '/sessions/:sessionId/stop',
    action: 'session.write',
    async handle(c) {
      const id = sessionId(c);
      await book(c, 'session.stop', id);
      return c.json(await askAgent(c, (agent) => agent.stopTurns(callerOf(c), id)));
    },
  },
]);
