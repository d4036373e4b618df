import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { writeDocument } from './openapi/document.ts';

test('openapi.json is what the installed SDK says (else: npx node test/cloudflare/write-openapi.ts)', () => {
  const written = readFileSync(join(import.meta.dirname, 'openapi.json'), 'utf8');
  // Compared as one: a difference of a megabyte is no message.
  expect(writeDocument() === written).toBe(true);
}, 60_000);
