import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { COMMANDS, RESOURCES } from './commands/index.ts';
import { commandReference } from './reference.ts';

const written = await readFile(new URL('../docs/skclaw.md', import.meta.url), 'utf8');

test('docs/skclaw.md is what the commands say of themselves', () => {
  expect(written, 'write it anew: npx node cli/write-reference.ts').toBe(
    commandReference(RESOURCES),
  );
});

test('it has each command, each option and each example', () => {
  for (const { name, flags, examples } of COMMANDS) {
    expect(written).toContain(`### ${name}\n`);
    for (const { flag } of flags) expect(written).toContain(flag.replace(/^--/, ''));
    for (const example of examples) expect(written).toContain(`skclaw ${example}`);
  }
});
