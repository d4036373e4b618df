import type { Handlers } from '../call.ts';
import { accessHandlers } from './access.ts';
import { aiHandlers } from './ai.ts';
import { assetHandlers } from './assets.ts';
import { containerHandlers } from './containers.ts';
import { identityHandlers } from './identity.ts';
import { routeHandlers } from './routes.ts';
import { rulesetHandlers } from './rulesets.ts';
import { secretHandlers } from './secrets.ts';
import { storageHandlers } from './storage.ts';
import { workerHandlers } from './workers.ts';

/** What answers each operation of the contract. */
export const handlers: Handlers = {
  ...accessHandlers,
  ...aiHandlers,
  ...assetHandlers,
  ...containerHandlers,
  ...identityHandlers,
  ...routeHandlers,
  ...rulesetHandlers,
  ...secretHandlers,
  ...storageHandlers,
  ...workerHandlers,
};
