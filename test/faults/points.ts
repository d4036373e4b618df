/** What is killed or cut. */
export const TARGETS = [
  'workerd',
  'container',
  'openclaw',
  'client-socket',
  'tunnel',
  'egress',
] as const;
export type Target = (typeof TARGETS)[number];

/** What the agent is doing at that moment. */
export const PHASES = ['turn', 'checkpoint', 'restore', 'boot', 'drain', 'schedule'] as const;
export type Phase = (typeof PHASES)[number];

export interface Point {
  target: Target;
  phase: Phase;
}

/**
 * Which targets a phase has. Left out is what does not exist then: OpenClaw's process during a restore,
 * the container's own requests during a boot, and a member who waits for nothing.
 */
const TARGETS_IN: Record<Phase, readonly Target[]> = {
  turn: TARGETS,
  checkpoint: ['workerd', 'container', 'openclaw', 'tunnel', 'egress'],
  restore: ['workerd', 'container', 'tunnel', 'egress'],
  boot: ['workerd', 'container', 'openclaw', 'client-socket', 'tunnel'],
  drain: ['workerd', 'container', 'openclaw', 'client-socket', 'tunnel', 'egress'],
  schedule: ['workerd', 'container', 'openclaw', 'tunnel', 'egress'],
};

/** Every kill point there is. */
export const POINTS: readonly Point[] = PHASES.flatMap((phase) =>
  TARGETS_IN[phase].map((target) => ({ target, phase })),
);

export const nameOf = ({ target, phase }: Point): string => `${target}/${phase}`;
