import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ROOT } from '../../local/runner/paths.ts';
import { PROTECTIONS } from './protections.ts';

const patches = Object.entries(PROTECTIONS).flatMap(([protection, places]) =>
  places.map((patch) => [protection, patch.file, patch] as const),
);

it.each(patches)('the patch that takes out %s fits one place in %s', (_, file, { from }) => {
  const source = readFileSync(join(ROOT, file), 'utf8');
  expect(source.split(from)).toHaveLength(2);
});
