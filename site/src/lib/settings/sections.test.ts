import { expect, test } from 'vitest';
import { isWithin, SECTIONS, sectionsFor } from './sections.ts';

const names = (role: 'owner' | 'user') => sectionsFor(role).map(({ name }) => name);

test('owners see every section, users those that have something for them', () => {
  expect(names('owner')).toEqual(SECTIONS.map(({ name }) => name));
  expect(names('user')).toEqual(['You', 'Schedules', 'Usage']);
});

test('each address belongs to one section', () => {
  const of = (pathname: string) =>
    SECTIONS.filter((section) => isWithin(section, pathname)).map(({ name }) => name);
  expect(of('/settings')).toEqual(['You']);
  expect(of('/settings/schedules')).toEqual(['Schedules']);
  expect(of('/settings/schedules/new')).toEqual(['Schedules']);
  expect(of('/settings/keysx')).toEqual([]);
});
