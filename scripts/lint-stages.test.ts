import { expect, it } from 'vitest';
import { lintSteps } from './lint-stages.ts';

it('the lint gate has the types, formats, imports, unused code and both linters in it', async () => {
  const names = (await lintSteps()).map(([name]) => name.replace('lint:', ''));
  expect(names.toSorted()).toEqual(['code', 'format', 'imports', 'site', 'types', 'unused']);
});
