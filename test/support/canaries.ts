/**
 * Variables that the Worker has and nothing uses: each value is looked for in everything a container
 * holds, prints or is started with.
 */
export const canaryVars: Record<string, string> = {
  CANARY_SECRET: 'canary-7f3c1e9a-never-outside-the-worker',
  CANARY_TOKEN: 'canary-b81d22f0-nor-in-any-log-line',
};
