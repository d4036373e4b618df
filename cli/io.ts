/** What skclaw writes to: the part of a Node stream that it uses. */
export interface Output {
  write(text: string): unknown;
  isTTY?: boolean;
}

/** Everything a run touches outside itself, so that tests need no process. */
export interface Io {
  stdout: Output;
  stderr: Output;
  env: Readonly<Record<string, string | undefined>>;
  cwd: string;
  fetch: typeof fetch;
  /** Waits; `ms` is never more than the longest pause between two tries. */
  sleep(ms: number): Promise<void>;
  /** Between 0 and 1, for jitter. */
  random(): number;
}
