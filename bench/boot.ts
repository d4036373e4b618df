/** One boot of OpenClaw, measured from the order to start until it is ready. */
export interface Boot {
  wallMs: number;
  /** CPU time of OpenClaw and its children when it was ready, seconds. */
  openclawCpuSeconds: number;
  /** CPU time of everything else that took part, by name, seconds. */
  otherCpuSeconds: Record<string, number>;
  /** Parts of the time, by name, ms. */
  stagesMs: Record<string, number>;
}
