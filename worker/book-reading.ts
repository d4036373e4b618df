import { listAudit } from '../db/queries/audit.ts';
import { bookChange } from './book-change.ts';
import { dbOf, type EdgeContext } from './context.ts';

/** Readings of one session by one operator this close to each other are one, ms: a look at a turn that runs. */
export const ONE_READING_MS = 10 * 60_000;

/**
 * Books that an operator reads what people said in a session, before it is read. Whoever goes on reading,
 * as one does who watches a turn, is booked once in a while and not with each request.
 */
export async function bookReading(c: EdgeContext, sessionId: string): Promise<void> {
  const { caller, tenant, deps } = c.var;
  if (caller.kind !== 'operator' || !tenant) return;
  const reading = { action: 'session.show', target: `session:${sessionId}` };
  const known = await listAudit(dbOf(c), {
    ...reading,
    actor: caller.subject,
    tenantId: tenant.tenantId,
    since: deps.now() - ONE_READING_MS,
    q: '',
    after: null,
    limit: 1,
  });
  if (known.length === 0) await bookChange(c, reading);
}
