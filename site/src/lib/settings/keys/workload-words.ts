import { WORKLOADS, type Workload } from '../../../../../contract/tiers.ts';

/** What each workload is for, as people choose one. */
export const WORKLOAD_WORDS: Record<Workload, { name: string; note: string }> = {
  chat: { name: 'Chat', note: 'Conversations, at the best quality of your tier.' },
  summarize: { name: 'Summarize', note: 'Titles and summaries: short and cheap.' },
  monitor: { name: 'Monitor', note: 'Scheduled and unattended work.' },
};

/** A workload as books have it, which may be of a version that knew others. */
export function workloadName(workload: string): string {
  const known = WORKLOADS.find((one) => one === workload);
  return known === undefined ? workload : WORKLOAD_WORDS[known].name;
}
