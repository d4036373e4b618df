import { writeFile } from 'node:fs/promises';
import { z } from 'zod';
import { configSchema } from './config.ts';

// Publishes what .skclaw.json may hold, for editors: `npx node cli/write-schema.ts && npx oxfmt cli`.
const schema = z.toJSONSchema(configSchema, { io: 'input' });
await writeFile(
  new URL('skclaw.schema.json', import.meta.url),
  `${JSON.stringify(schema, null, 2)}\n`,
);
