import type { z } from 'zod';
import { createApiKeyBody, type apiKeyList } from '../../contract/api-keys.ts';
import { newUlid } from '../../durable/index.ts';
import { askAgent, callerOf } from '../ask-agent.ts';
import { bookChange } from '../book-change.ts';
import { ulidOf } from '../context.ts';
import { readBody } from '../read-body.ts';
import type { RouteSpec } from '../route.ts';

/** An owner's on the tenant's host, an operator's by path. */
const ON = ['tenant', 'by-path'] as const;

/** The API keys of a tenant. Whether a member may see and change them, the agent knows. */
export const keyRoutes: readonly RouteSpec[] = [
  {
    method: 'GET',
    path: '/api/keys',
    on: ON,
    action: 'key.read',
    async handle(c) {
      const keys = await askAgent(c, (agent) => agent.listApiKeys(callerOf(c)));
      const list: z.infer<typeof apiKeyList> = { keys };
      return c.json(list);
    },
  },
  {
    method: 'POST',
    path: '/api/keys',
    on: ON,
    action: 'key.write',
    async handle(c) {
      const body = await readBody(c.req.raw, createApiKeyBody);
      const id = newUlid(c.var.deps.now());
      await bookChange(c, { action: 'key.create', target: `key:${id}`, after: body });
      return c.json(await askAgent(c, (agent) => agent.createApiKey(callerOf(c), id, body)), 201);
    },
  },
  {
    method: 'DELETE',
    path: '/api/keys/:id',
    on: ON,
    action: 'key.write',
    async handle(c) {
      const id = ulidOf(c, { param: 'id', code: 'not_found', thing: 'API key' });
      await bookChange(c, { action: 'key.revoke', target: `key:${id}` });
      return c.json(await askAgent(c, (agent) => agent.revokeApiKey(callerOf(c), id)));
    },
  },
];
