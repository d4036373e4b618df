import type { Page } from 'playwright-core';
import type { Scene } from './seed.ts';

/** One page as it is photographed. */
export interface Shot {
  name: string;
  /** Who looks; nobody where nobody is signed in. */
  as: 'nobody' | 'owner' | 'user';
  /** The address, or its path on the tenant's host. */
  at: (scene: Scene) => string;
  /** What is done before. */
  prepare?: (page: Page) => Promise<unknown>;
  /** Only what is seen at once, and not the whole page. */
  isScreen?: true;
}
