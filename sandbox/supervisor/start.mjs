// Starts main.ts with its compiled code kept beside the packages, which saves two thirds of the
// supervisor's start: some forty TypeScript files are read, but not stripped and compiled again.
// Plain JavaScript, since the first TypeScript file would load the stripper before the cache is on.
// In an image the folder is filled by the build and belongs to root: whoever can write to it decides
// what the supervisor runs.
import { enableCompileCache, flushCompileCache } from 'node:module';
import { fileURLToPath } from 'node:url';

enableCompileCache(fileURLToPath(new URL('../node_modules/.cache/supervisor', import.meta.url)));
await import('./main.ts');
flushCompileCache();
