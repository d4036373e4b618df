import type { Serving } from './plan.ts';

/** What serves now, and by which deployment: another one in between shows by its id. */
export interface ServingNow extends Serving {
  deploymentId: string | null;
}

/** The account's side of a deploy. */
export interface DeployCloud {
  /**
   * What the Worker serves; `conflict` when two versions share its requests, since another release is
   * under way then.
   */
  readServing(): Promise<ServingNow>;
}
