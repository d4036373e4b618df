/** One way from the client to the upstream. */
export interface Subject {
  name: 'bare' | 'portkey' | 'ours';
  /** Where chat completions are posted. */
  url: string;
  headers: Record<string, string>;
  /** The model that this way's requests name. */
  model: string;
  /** CPU time, user and system, that the programs on this way have used so far, s; the upstream's is not in it. */
  cpuSeconds(): number;
  /** Resolves when nothing is left to do of the calls so far. */
  settled(): Promise<void>;
}
