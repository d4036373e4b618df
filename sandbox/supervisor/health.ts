/** A healthy gateway answers within milliseconds; this long without a word is a stall, ms. */
const HEALTH_TIMEOUT_MS = 5_000;

/** Whether OpenClaw's gateway on this loopback port still answers at all. */
export async function isHealthy(port: number): Promise<boolean> {
  try {
    const signal = AbortSignal.timeout(HEALTH_TIMEOUT_MS);
    const response = await fetch(`http://127.0.0.1:${port}/healthz`, { signal });
    await response.body?.cancel();
    return response.ok;
  } catch {
    return false;
  }
}
