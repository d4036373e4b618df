import type { z } from 'zod';
import { createApiKeyBody, type apiKeyList } from '../../contract/api-keys.ts';
import { newUlid } from '../../durable/index.ts';
import { askAgent, callerOf } from '../ask-agent.ts';
import { bookChange } from '../book-change.ts';
import { ulidOf } from '../context.ts';
import { readBody } from '../read-body.ts';
import type { RouteSpec } from '../route.ts';
import { tenantResource } from '../tenant-resource.ts';

/** The API keys of a tenant. Whether a member may see and change them, the agent knows. */
export const keyRoutes: readonly RouteSpec[] = tenantResource([
  {
    method: 'GET',
    path: '/keys',
    action: 'key.read',
    async handle(c) {
      const keys = await askAgent(c, (agent) => agent.listApiKeys(callerOf(c)));
      const list: z.infer<typeof apiKeyList> = { keys };
      return c.json(list);
    },
  },
  {
    method: 'POST',
    path: '/keys',
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
    path: '/keys/:keyId',
    action: 'key.write',
    async handle(c) {
      const id = ulidOf(c, { param: 'keyId', code: 'not_found', thing: 'API key' });
      await bookChange(c, { action: 'key.revoke', target: `key:${id}` });
      return c.json(await askAgent(c, (agent) => agent.revokeApiKey(callerOf(c), id)));
    },
  },
]);
