import { join } from 'node:path';

/**
 * Where things lie under the data folder. `tree` is exactly what a snapshot holds; the rest is
 * this generation's own and goes with the container.
 */
export interface Layout {
  tree: string;
  home: string;
  state: string;
  workspace: string;
  config: string;
  applied: string;
  logs: string;
  work: string;
}

/** @returns every path derived from the data folder. */
export function layoutOf(dataDir: string): Layout {
  const tree = join(dataDir, 'agent');
  const state = join(tree, 'openclaw');
  return {
    tree,
    home: join(tree, 'home'),
    state,
    workspace: join(state, 'workspace'),
    config: join(state, 'openclaw.json'),
    applied: join(tree, 'platform.json'),
    logs: join(dataDir, 'logs'),
    work: join(dataDir, 'work'),
  };
}
