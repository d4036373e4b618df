import type { AgentState } from '../../../../contract/agent.ts';

export type Tone = 'quiet' | 'busy' | 'good' | 'bad';

/** The agent's state in a word or two, for the chip in the header. */
export function chipWords(state: AgentState, working: boolean): { label: string; tone: Tone } {
  switch (state) {
    case 'asleep':
      return { label: 'Asleep', tone: 'quiet' };
    case 'starting':
      return { label: 'Waking: starting', tone: 'busy' };
    case 'restoring':
      return { label: 'Waking: restoring', tone: 'busy' };
    case 'booting':
      return { label: 'Waking: booting', tone: 'busy' };
    case 'ready':
      return working ? { label: 'Working', tone: 'busy' } : { label: 'Ready', tone: 'good' };
    case 'draining':
      return { label: 'Falling asleep', tone: 'quiet' };
    case 'failed':
      return { label: 'Could not wake', tone: 'bad' };
  }
}

const STAGE_WORDS: Partial<Record<AgentState, string>> = {
  starting: 'Starting its container',
  restoring: 'Bringing back its files',
  booting: 'Booting OpenClaw',
  ready: 'Ready',
};

export function stageWords(stage: AgentState): string {
  return STAGE_WORDS[stage] ?? stage;
}

const PHASE_WORDS: Readonly<Record<string, string>> = {
  preparing_workspace: 'Preparing its workspace',
  preparing_context: 'Reading the conversation',
  starting_model: 'Thinking',
};

/** What the agent does before its first word; an unknown phase is thinking. */
export function phaseWords(phase: string | null): string {
  return (phase === null ? undefined : PHASE_WORDS[phase]) ?? 'Thinking';
}
