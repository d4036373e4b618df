/**
 * Writes openapi.json from the official SDK's sources. By hand, after an upgrade of `cloudflare` or
 * a change of openapi/operations.ts: `npx node test/cloudflare/write-openapi.ts`.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeDocument } from './openapi/document.ts';

writeFileSync(join(import.meta.dirname, 'openapi.json'), writeDocument());
