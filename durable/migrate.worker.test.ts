import { describe, expect, it } from 'vitest';
import { freshAgent } from './doubles/fresh-agent.ts';
import { checksumOf, migrate } from './migrate.ts';

describe('migrations', () => {
  it('are applied once: a second start changes nothing', () =>
    freshAgent().inside(({ state }) => {
      const read = () => state.storage.sql.exec('SELECT * FROM migrations').toArray();
      const before = read();
      expect(before.length).toBeGreaterThan(0);
      migrate(state.storage);
      expect(read()).toEqual(before);
    }));

  it('that changed after they were applied are refused', () =>
    freshAgent().inside(({ state }) => {
      state.storage.sql.exec("UPDATE migrations SET checksum = 'another'");
      expect(() => migrate(state.storage)).toThrow(/changed after it was applied/);
    }));

  it('of a later release are left alone, so that the version before still runs', () =>
    freshAgent().inside(({ state }) => {
      state.storage.sql.exec("INSERT INTO migrations VALUES ('9999_later', 'unknown')");
      migrate(state.storage);
      const names = state.storage.sql.exec('SELECT name FROM migrations').toArray();
      expect(names).toContainEqual({ name: '9999_later' });
    }));
});

it('a checksum is eight hex digits and tells texts apart', () => {
  expect(checksumOf('')).toBe('811c9dc5');
  expect(checksumOf('a')).toBe('e40c292c');
  expect(checksumOf('CREATE TABLE a')).not.toBe(checksumOf('CREATE TABLE b'));
});
