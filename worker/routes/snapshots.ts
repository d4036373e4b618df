import type { z } from 'zod';
import { AppError } from '../../contract/errors.ts';
import { restoreBody, type snapshotList } from '../../contract/snapshots.ts';
import type { TenantDetail } from '../../db/queries/tenants.ts';
import { addressOf, type AgentStub } from '../agent.ts';
import { askAgent, callerOf } from '../ask-agent.ts';
import { bookCommand } from '../book-command.ts';
import { dbOf, paramOf, ulidOf, type EdgeContext } from '../context.ts';
import { findOrdinaryTenant } from '../find-tenant.ts';
import { SHA256_HEADER } from '../own-headers.ts';
import { readBody } from '../read-body.ts';
import type { RouteSpec } from '../route.ts';

/** The tenant of the path and its agent. */
async function agentOfPath(c: EdgeContext): Promise<{ tenant: TenantDetail; agent: AgentStub }> {
  const tenant = await findOrdinaryTenant(dbOf(c), paramOf(c, 'id'));
  return { tenant, agent: c.var.deps.agentOf(c.env, addressOf(tenant)) };
}

/** The snapshot that the path names. */
function idOfPath(c: EdgeContext): string {
  return ulidOf(c, { param: 'snapshotId', code: 'not_found', thing: 'snapshot' });
}

/** What operators do with an agent's snapshots, and the look at them that its owners have. */
export const snapshotRoutes: readonly RouteSpec[] = [
  {
    method: 'GET',
    path: '/api/snapshots',
    on: ['tenant', 'by-path'],
    action: 'snapshot.own',
    async handle(c) {
      const snapshots = await askAgent(c, (agent) => agent.ownSnapshots(callerOf(c)));
      const list: z.infer<typeof snapshotList> = { snapshots };
      return c.json(list);
    },
  },
  {
    method: 'GET',
    path: '/admin/api/agents/:id/snapshots',
    on: ['system'],
    action: 'snapshot.list',
    async handle(c) {
      const { agent } = await agentOfPath(c);
      const list: z.infer<typeof snapshotList> = { snapshots: await agent.listSnapshots() };
      return c.json(list);
    },
  },
  {
    method: 'POST',
    path: '/admin/api/agents/:id/snapshots',
    on: ['system'],
    action: 'snapshot.create',
    async handle(c) {
      const { tenant, agent } = await agentOfPath(c);
      await bookCommand(c, { tenant, action: 'snapshot.create' });
      return c.json(await agent.createSnapshot(), 202);
    },
  },
  {
    method: 'GET',
    path: '/admin/api/agents/:id/snapshots/:snapshotId/download',
    on: ['system'],
    action: 'snapshot.download',
    async handle(c) {
      const id = idOfPath(c);
      const { tenant, agent } = await agentOfPath(c);
      const { key, sha256 } = await agent.locateSnapshot(id);
      const object = await c.env.SNAPSHOTS.get(key);
      if (!object) throw new AppError('not_found', 'The snapshot is not in the store any more.');
      await bookCommand(c, { tenant, action: 'snapshot.download', after: { id } });
      return new Response(object.body, {
        headers: {
          'content-type': 'application/zstd',
          'content-length': String(object.size),
          'content-disposition': `attachment; filename="${tenant.slug}-${id}.tar.zst"`,
          'cache-control': 'no-store',
          [SHA256_HEADER]: sha256,
        },
      });
    },
  },
  {
    method: 'POST',
    path: '/admin/api/agents/:id/snapshots/:snapshotId/restore',
    on: ['system'],
    action: 'snapshot.restore',
    async handle(c) {
      const id = idOfPath(c);
      const { force } = await readBody(c.req.raw, restoreBody);
      const { tenant, agent } = await agentOfPath(c);
      await bookCommand(c, { tenant, action: 'snapshot.restore', after: { id, force } });
      return c.json(await agent.restoreSnapshot(id, { force }), 202);
    },
  },
  {
    method: 'DELETE',
    path: '/admin/api/agents/:id/snapshots/:snapshotId',
    on: ['system'],
    action: 'snapshot.delete',
    async handle(c) {
      const id = idOfPath(c);
      const { tenant, agent } = await agentOfPath(c);
      await bookCommand(c, { tenant, action: 'snapshot.delete', after: { id } });
      await agent.deleteSnapshot(id);
      return c.body(null, 204);
    },
  },
];
