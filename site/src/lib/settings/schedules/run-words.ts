import type { ScheduleRunState, ScheduleRunView } from '../../../../../contract/schedules.ts';
import type { Tone } from '../../ui/tone.ts';

/** How a run is called and how good that is. */
export const RUN_WORDS: Record<ScheduleRunState, { label: string; tone: Tone }> = {
  queued: { label: 'Waiting', tone: 'busy' },
  running: { label: 'Running', tone: 'busy' },
  done: { label: 'Done', tone: 'good' },
  aborted: { label: 'Stopped', tone: 'plain' },
  error: { label: 'Failed', tone: 'bad' },
  skipped: { label: 'Skipped', tone: 'warn' },
};

export const isOpenRun = ({ state }: ScheduleRunView): boolean =>
  state === 'queued' || state === 'running';
