import type { SnapshotKind } from '../../../../../../contract/snapshots.ts';
import type { TimelineData } from '../../../../../../contract/timeline.ts';
import { stageWords } from '../../../chat/agent-words.ts';
import { durationWords, fineMoneyWords, plural, sizeWords } from '../../../ui/words.ts';
import { OUTCOMES, SETTLEMENTS } from '../../call-words.ts';
import { dueWords } from '../state/due-words.ts';

export interface EntryWords {
  title: string;
  /** More about it, such as how long it took; each a few words. */
  details: string[];
}

const SNAPSHOT_WORDS: Record<SnapshotKind, string> = {
  sleep: 'as it fell asleep',
  checkpoint: 'while it worked',
  manual: 'by an operator',
};
const TURN_WORDS = { done: 'Turn done', aborted: 'Turn stopped', error: 'Turn failed' };

/** Enough of an id to find it by. */
const shortId = (id: string): string => `…${id.slice(-6)}`;
const some = (words: (string | null | false)[]): string[] =>
  words.filter((word): word is string => typeof word === 'string');

function failureDetails(data: TimelineData & { type: 'failed' | 'unsaved' }): string[] {
  const again = data.nextTryAt === null ? 'not tried again by itself' : 'tried again';
  return some([
    data.message,
    data.code,
    data.attempts > 1 && `${data.attempts} times in a row`,
    again,
  ]);
}

function callDetails(data: TimelineData & { type: 'call' }): string[] {
  return some([
    OUTCOMES[data.outcome].name.toLowerCase(),
    data.workload,
    data.attempts > 1 && plural(data.attempts, 'attempt'),
    durationWords(data.ms),
    fineMoneyWords(data.costNano),
    data.settledBy !== 'exact' && SETTLEMENTS[data.settledBy],
  ]);
}

/** What happened, for operators. */
export function entryWords(data: TimelineData): EntryWords {
  switch (data.type) {
    case 'start': {
      const from = data.restore === null ? 'with nothing saved' : `from ${shortId(data.restore)}`;
      return { title: stageWords('starting'), details: [from] };
    }
    case 'stage':
      return { title: stageWords(data.stage), details: [`after ${durationWords(data.ms)}`] };
    case 'ready': {
      const restored = data.restored !== null && `${shortId(data.restored)} was restored`;
      return { title: 'Ready', details: some([`after ${durationWords(data.ms)}`, restored]) };
    }
    case 'drain':
      return {
        title: data.again ? 'Restarting' : 'Falling asleep',
        details: data.force ? ['forced'] : [],
      };
    case 'asleep':
      return {
        title: 'Asleep',
        details: [data.ms > 0 ? `after ${durationWords(data.ms)}` : 'cut off'],
      };
    case 'failed':
      return { title: 'Failed', details: failureDetails(data) };
    case 'unsaved':
      return { title: 'Its state could not be saved', details: failureDetails(data) };
    case 'snapshot.stored':
      return {
        title: 'Snapshot stored',
        details: [SNAPSHOT_WORDS[data.kind], sizeWords(data.size), shortId(data.id)],
      };
    case 'snapshot.damaged':
      return { title: 'A snapshot did not verify', details: [shortId(data.id)] };
    case 'turn.started':
      return { title: 'Turn started', details: [data.workload] };
    case 'turn.ended':
      return {
        title: TURN_WORDS[data.state],
        details: [data.ms === null ? 'before it started' : `after ${durationWords(data.ms)}`],
      };
    case 'call':
      return { title: `Call to ${data.model}`, details: callDetails(data) };
    case 'due.failed':
      return {
        title: 'A step of its alarm failed',
        details: [dueWords(data.kind), plural(data.attempts, 'failure')],
      };
    case 'settings':
      return { title: 'The tenant’s record came into force', details: [`version ${data.version}`] };
  }
}
