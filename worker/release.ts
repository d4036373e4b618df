import { CHAT_PROTOCOL } from '../contract/frames.ts';
import { PRICE_VERSION } from '../contract/models.ts';
import { SUPERVISOR_PROTOCOL } from '../contract/supervisor.ts';
import type { DebugVersion } from '../contract/debug.ts';
import pkg from '../package.json' with { type: 'json' };
import sandbox from '../sandbox/package.json' with { type: 'json' };

/** What this release is made of. The two names that only wrangler.jsonc knows are held to it by a test. */
export const RELEASE: DebugVersion = {
  version: pkg.version,
  compatibilityDate: '2026-11-01',
  openclaw: sandbox.dependencies.openclaw,
  image: 'agent',
  chatProtocol: CHAT_PROTOCOL,
  supervisorProtocol: SUPERVISOR_PROTOCOL,
  priceVersion: PRICE_VERSION,
};
