import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ROOT } from '../../local/runner/paths.ts';
import { PROTECTIONS } from './protections.ts';

it.each(Object.entries(PROTECTIONS))('the patch that takes out %s fits one place', (_, patch) => {
  const source = readFileSync(join(ROOT, patch.file), 'utf8');
  expect(source.split(patch.from)).toHaveLength(2);
});
