const DUE_WORDS: Readonly<Record<string, string>> = {
  wake: 'Look after the wake or the sleep under way',
  turn: 'Look after an open turn',
  idle: 'See whether it may fall asleep',
  sweep: 'Look up what attempts used',
  flush: 'Send usage to D1',
  notice: 'Tell that the budget is used',
  report: 'Report its state to D1',
  suspend: 'End what a suspended tenant has open',
  erase: 'Go on with the deletion',
  schedule: 'Run a schedule',
  prewake: 'Wake for a schedule',
  checkpoint: 'Save while it works',
  snapshot: 'Look after a snapshot under way',
  retention: 'Thin out old snapshots',
  expire: 'Close what has expired',
  name: 'Give a session its title',
};

/** What a due step of the agent's alarm does; one that is new to this page by its own name. */
export function dueWords(kind: string): string {
  return DUE_WORDS[kind] ?? kind;
}
