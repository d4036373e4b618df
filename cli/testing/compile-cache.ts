import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Where wrangler's compiled code is kept from run to run: compiling it is a quarter of its start. */
export const COMPILE_CACHE = { NODE_COMPILE_CACHE: join(tmpdir(), 'skclaw-test-compile-cache') };
