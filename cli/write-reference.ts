import { writeFile } from 'node:fs/promises';
import { RESOURCES } from './commands/index.ts';
import { commandReference } from './reference.ts';

// Writes the command reference for people: `npx node cli/write-reference.ts`.
await writeFile(new URL('../docs/skclaw.md', import.meta.url), commandReference(RESOURCES));
