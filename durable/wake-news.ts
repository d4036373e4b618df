import type { TimelineData } from '../contract/timeline.ts';
import { statusOf, type WakeState } from './wake.ts';

/** What a step of the wake machine means for the timeline; null when it is not worth an entry. */
export function wakeNews(before: WakeState, after: WakeState): TimelineData | null {
  const { state, generation } = after;
  // A failure that is one more try to save is no other state.
  if (state === before.state && generation === before.generation) return drainNews(before, after);
  switch (state) {
    case 'starting':
      return { type: 'start', restore: after.restore?.id ?? null };
    case 'restoring':
    case 'booting':
      return { type: 'stage', stage: state, ms: wakeMs(after) };
    case 'ready':
      return { type: 'ready', ms: wakeMs(after), restored: after.restore?.id ?? null };
    case 'draining':
      return { type: 'drain', force: after.force, again: after.again };
    case 'asleep':
      return { type: 'asleep', ms: before.state === 'draining' ? after.since - before.since : 0 };
    case 'failed':
      return failureNews('failed', after);
  }
}

function drainNews(before: WakeState, after: WakeState): TimelineData | null {
  if (after.state !== 'draining') return null;
  if (after.attempts > before.attempts) return failureNews('unsaved', after);
  return { type: 'drain', force: after.force, again: after.again };
}

function failureNews(type: 'failed' | 'unsaved', wake: WakeState): TimelineData | null {
  const { failure } = statusOf(wake, []);
  return failure && { type, ...failure, attempts: wake.attempts };
}

/** How long the stages behind a wake took, ms: the time since it began. */
function wakeMs({ timings }: WakeState): number {
  return timings.reduce((sum, { ms }) => sum + ms, 0);
}
