/** What a create request asks for, already checked. */
export interface ContainerSpec {
  /** 64 hexadecimal digits. */
  id: string;
  name: string;
  image: string;
  labels: Record<string, string>;
  /** `KEY=value` strings. */
  env: string[];
  /** Arguments; only the egress sidecar has any. */
  cmd: string[];
  /** The sidecar whose network it joins (`container:<name>`), or null. */
  sidecarName: string | null;
}

export type ContainerStatus = 'created' | 'running' | 'exited';

/** Something that can be created, started, waited for and removed: a process or an egress sidecar. */
export interface Container {
  readonly spec: ContainerSpec;
  readonly status: ContainerStatus;
  readonly pid: number | null;
  /** 0 until it exited. */
  readonly exitCode: number;
  /** Container port to host port on loopback. */
  readonly ports: ReadonlyMap<number, number>;
  /** Resolves with the exit code, once. */
  readonly exited: Promise<number>;
  start(): Promise<void>;
  /** Sends a signal to the main process; false when it is not running. */
  kill(signal: NodeJS.Signals): boolean;
  /** Kills all of it, waits, and removes what it left. A second call waits for the first. */
  remove(): Promise<void>;
}
