import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { AppError } from '../contract/errors.ts';
import { configSchema, parseConfig } from './config.ts';
import example from './.skclaw.example.json' with { type: 'json' };
import published from './skclaw.schema.json' with { type: 'json' };
import { CHARTER_CONFIG, TENANT_ID, VALID_CONFIG } from './testing/answers.ts';

function problemOf(change: Record<string, unknown>): AppError {
  try {
    parseConfig('x.json', JSON.stringify({ ...VALID_CONFIG, ...change }));
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
  throw new Error('it was taken');
}

test('the charter’s example has the right form', () => {
  expect(parseConfig('x.json', JSON.stringify(CHARTER_CONFIG))).toEqual(CHARTER_CONFIG);
});

test('the example file has the right form and every field of the charter’s', () => {
  const parsed = parseConfig('x.json', JSON.stringify(example));
  expect(Object.keys(parsed)).toEqual(expect.arrayContaining(Object.keys(CHARTER_CONFIG)));
});

test('the published JSON schema is what skclaw checks with', () => {
  expect(published).toEqual(z.toJSONSchema(configSchema, { io: 'input' }));
});

test.each(Object.keys(CHARTER_CONFIG).slice(0, 10))('%s is required', (field) => {
  expect(problemOf({ [field]: undefined }).message).toContain(`${field}: is required`);
});

test('every problem is named at once', () => {
  const { details } = problemOf({ accountId: undefined, zoneId: 7, extra: 'x' });
  expect(details).toHaveLength(3);
});

test('a tier that does not exist is refused', () => {
  expect(problemOf({ modelTierMap: { gold: '@cf/x' } }).code).toBe('invalid_config');
});

describe('what looks like a secret', () => {
  test.each([
    ['an API token', { projectName: 'v1Ab3-dEf6hIj9kLm2nOp5qRs8tUv1wXy4z_A7bC' }],
    ['a global API key', { zoneId: '0123456789abcdef0123456789abcdef01234' }],
    ['a service token’s secret', { accessTeamDomain: 'e'.repeat(63) + '1' }],
    ['a key with a prefix', { aiGatewayId: 'sk-abcdefghijklmnopqrst' }],
    ['a JSON Web Token', { accessAud: 'eyJhbGciOi.eyJzdWIi.c2ln' }],
    ['a bearer header', { accessAud: 'Bearer abc' }],
    ['a field that is not the charter’s', { apiToken: 'cfut_abcdefghijklmnopqrstu' }],
    ['one deep inside', { modelTierMap: { free: 'ghp_abcdefghijklmnopqrstuv' } }],
  ])('%s is refused by its field and never quoted', (_, change) => {
    const error = problemOf(change);
    const text = JSON.stringify([error.message, error.hint, error.details]);
    expect(error.message).toContain('looks like a secret');
    expect(text).toContain(Object.keys(change)[0]);
    const value = Object.values(change)[0];
    expect(text).not.toContain(typeof value === 'string' ? value : Object.values(value)[0]);
  });

  test('ids, an AUD tag and long names are none', () => {
    const fine = {
      ...VALID_CONFIG,
      d1DatabaseId: TENANT_ID,
      r2BucketName: 'openclaw-backups-of-streamkinetics-in-production-2',
      workerName: 'StreamKinetics-Backend',
    };
    expect(parseConfig('x.json', JSON.stringify(fine))).toEqual(fine);
  });
});

test('a file that is not JSON is refused without quoting it', () => {
  const source = '{ "accountId": hunter2-hunter2 }';
  expect(() => parseConfig('x.json', source)).toThrow(/^x\.json is not JSON( \(.*\d\))?\.$/);
  expect(() => parseConfig('x.json', source)).not.toThrow(/hunter2/);
});

test('a byte order mark does no harm', () => {
  expect(parseConfig('x.json', `\uFEFF${JSON.stringify(VALID_CONFIG)}`)).toEqual(VALID_CONFIG);
});
