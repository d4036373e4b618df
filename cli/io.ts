/** What skclaw writes to: the part of a Node stream that it uses. */
export interface Output {
  write(text: string): unknown;
  isTTY?: boolean;
  /** Width of a terminal, characters. */
  columns?: number;
}

/** How a program that skclaw started has ended, and what it wrote. */
export interface Executed {
  code: number;
  stdout: string;
  stderr: string;
}

export interface ExecuteOptions {
  cwd: string;
  /** The whole environment of the program: what is not here it does not see. */
  env: Readonly<Record<string, string | undefined>>;
  /** Goes to its standard input; secrets pass this way only. */
  input?: string;
}

/** Everything a run touches outside itself, so that tests need no process. */
export interface Io {
  stdout: Output;
  stderr: Output;
  env: Readonly<Record<string, string | undefined>>;
  cwd: string;
  /** The project that skclaw is part of: its wrangler.jsonc, its programs, what it deploys. */
  root: string;
  fetch: typeof fetch;
  /** Waits; `ms` is never more than the longest pause between two tries. */
  sleep(ms: number): Promise<void>;
  /** Between 0 and 1, for jitter. */
  random(): number;
  /** UTC milliseconds. */
  now(): number;
  /** Asks the person at the terminal for a line; undefined where nobody is there to answer. */
  ask?(question: string): Promise<string>;
  /**
   * From here on Ctrl-C, SIGTERM and a terminal that goes away end nothing by themselves: `signal` says
   * that one came. Undefined where no process is there to be sent one.
   */
  holdSignals?(): { signal: AbortSignal; release(): void };
  /** Runs a program to its end; a program that is not there ends with 127. */
  execute(file: string, args: readonly string[], options: ExecuteOptions): Promise<Executed>;
}
