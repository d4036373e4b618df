import fc from 'fast-check';
import { expect, it } from 'vitest';
import { snapshotKey, tenantPrefix } from './snapshot-index.ts';

const MINE = '018f4d3c-7a52-4c1e-9a0b-6f0e1d2c3b4a';
const THEIRS = '018f4d3c-7a52-4c1e-9a0b-6f0e1d2c3b4b';
const SNAPSHOT = '01HYYYYYYYYYYYYYYYYYYYYYYY';

it('a tenant’s snapshots lie under its own id', () => {
  expect(snapshotKey(MINE, SNAPSHOT)).toBe(`tenants/${MINE}/snapshots/${SNAPSHOT}.tar.zst`);
});

/** Pieces that would lead elsewhere if they were taken as they are. */
const hostile = fc
  .array(
    fc.oneof(
      fc.constantFrom('/', '..', '.', '%2f', '\\', '\n', '\0', 'snapshots', 'tenants', '.tar.zst'),
      fc.constantFrom(MINE, THEIRS, SNAPSHOT, MINE.toUpperCase(), SNAPSHOT.toLowerCase(), ''),
      fc.string({ unit: 'binary', maxLength: 8 }),
    ),
    { maxLength: 6 },
  )
  .map((parts) => parts.join(''));
const anyTenant = fc.oneof(fc.uuid(), fc.constantFrom(MINE, THEIRS), hostile);
const anySnapshot = fc.oneof(fc.ulid(), fc.constant(SNAPSHOT), hostile);

it('no ids at all make a key outside that tenant’s prefix: they make one there, or none', () => {
  fc.assert(
    fc.property(anyTenant, anySnapshot, (tenant, snapshot) => {
      let key: string;
      try {
        key = snapshotKey(tenant, snapshot);
      } catch {
        return;
      }
      // One segment each: nothing in an id is part of the path.
      const [root, owner, folder, name, ...rest] = key.split('/');
      expect([root, owner, folder, name, rest]).toEqual([
        'tenants',
        tenant,
        'snapshots',
        `${snapshot}.tar.zst`,
        [],
      ]);
      expect(key).toMatch(/^[A-Za-z0-9./-]+$/);
      for (const other of [MINE, THEIRS]) {
        expect(key.startsWith(tenantPrefix(other))).toBe(tenant === other);
      }
    }),
    { numRuns: 300 },
  );
});

it.each(['', '.', '..', `${MINE}/../${THEIRS}`, `${MINE}\n`, ` ${MINE}`, MINE.slice(1)])(
  'no key is made for a tenant %j',
  (tenant) => {
    expect(() => snapshotKey(tenant, SNAPSHOT)).toThrow();
  },
);

it.each([
  '',
  '..',
  `../../${THEIRS}/snapshots/${SNAPSHOT}`,
  `${SNAPSHOT}\n`,
  SNAPSHOT.toLowerCase(),
])('no key is made for a snapshot %j', (snapshot) => {
  expect(() => snapshotKey(MINE, snapshot)).toThrow();
});
