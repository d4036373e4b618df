import { describe, expect, it } from 'vitest';
import type { TenantRecord } from '../contract/agent.ts';
import { Door } from './door.ts';
import { newTenant, NOW } from './doubles/fresh-agent.ts';
import type { Caller } from './rpc.ts';
import { Tenure, type TenureDeps } from './tenure.ts';

const key = (host: string): Caller => ({ kind: 'key', keyId: 'k', secretHash: 'h', host });

/** What a change of the record closes, of members' sockets and of apps' ones. */
async function closedBy(change: Partial<TenantRecord>): Promise<string[]> {
  const tenant = await newTenant();
  return tenant.inside(({ db }) => {
    const closed: string[] = [];
    const open = (name: string): TenureDeps['apps'] => ({
      closeAll: (code) => void closed.push(`${name} ${code}`),
      closeWhere: (why) => {
        for (const host of ['acme.localhost', 'new.localhost']) {
          const close = why({ caller: key(host), expiresAt: null });
          if (close) closed.push(`${name} ${host} ${close.code}`);
        }
      },
    });
    const now = (): number => NOW;
    const deps: Pick<TenureDeps, 'db' | 'door' | 'sockets' | 'apps' | 'now'> = {
      db,
      door: new Door({ db, now }),
      sockets: open('chat'),
      apps: open('app'),
      now,
    };
    const metering = { watchBudget: () => undefined };
    new Tenure({ ...deps, metering } as unknown as TenureDeps).apply({
      ...tenant.record,
      ...change,
      version: 2,
    });
    return closed;
  });
}

describe('a change of a tenant', () => {
  it('closes the chats and the apps of one that is suspended or deleted', async () => {
    expect(await closedBy({ status: 'suspended' })).toEqual(['chat 4403', 'app 4403']);
    expect(await closedBy({ status: 'deleting' })).toEqual(['chat 4410', 'app 4410']);
  });

  it('closes those that came by a hostname which is not its own any more', async () => {
    const moved = ['chat acme.localhost 4401', 'app acme.localhost 4401'];
    expect(await closedBy({ hostnames: ['new.localhost'] })).toEqual(moved);
  });
});
