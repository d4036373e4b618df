import { evictDurableObject } from 'cloudflare:test';
import { eq } from 'drizzle-orm';
import { expect, it } from 'vitest';
import { cells } from '../db/agent/schema.ts';
import { clearCell, readCell, rereadCells, writeCell } from './cells.ts';
import { codeOf, freshAgent, newTenant } from './doubles/fresh-agent.ts';
import { openDb } from './storage.ts';

it('a cell that was never written is null, and one that was written is read through any handle', () =>
  freshAgent().inside(({ db, state }) => {
    const other = openDb(state.storage);
    expect([readCell(db, 'head'), readCell(other, 'head')]).toEqual([null, null]);
    writeCell(db, 'head', 'first');
    expect(readCell(other, 'head')).toBe('first');
    writeCell(other, 'head', 'second');
    expect(readCell(db, 'head')).toBe('second');
    clearCell(db, 'head');
    expect(readCell(other, 'head')).toBeNull();
  }));

it('the agent reads what was written through a handle beside it', async () => {
  const { rpc, inside, record } = await newTenant();
  await rpc.status();
  await inside(({ db }) => writeCell(db, 'record', { ...record, status: 'suspended' }));
  expect(await codeOf(() => rpc.wake())).toBe('tenant_suspended');
});

it('two agents know nothing of each other’s cells', async () => {
  const [one, other] = [freshAgent(), freshAgent()];
  await one.inside(({ db }) => writeCell(db, 'head', 'mine'));
  expect(await other.inside(({ db }) => readCell(db, 'head'))).toBeNull();
});

it('a cell outlives eviction, parsed as its schema has it', async () => {
  const { inside, stub } = freshAgent();
  await inside(({ db }) => writeCell(db, 'wakeTimes', [1, 2]));
  await evictDurableObject(stub);
  await inside(({ db }) => {
    expect(readCell(db, 'wakeTimes')).toEqual([1, 2]);
    writeCell(db, 'head', 'h');
    db.update(cells)
      .set({ value: { not: 'a text' } })
      .where(eq(cells.key, 'head'))
      .run();
  });
  await evictDurableObject(stub);
  await inside(({ db }) => expect(() => readCell(db, 'head')).toThrow(/string/));
});

it('rows that other hands have changed are read once they are said to have', () =>
  freshAgent().inside(({ db }) => {
    writeCell(db, 'head', 'written');
    db.delete(cells).run();
    rereadCells(db);
    expect(readCell(db, 'head')).toBeNull();
  }));
