/** How often a running time is drawn anew, ms. */
const TICK_MS = 250;

/** This device's clock as state, read every `everyMs`, for the life of the component that asks. */
export function ticking(everyMs = TICK_MS): { readonly now: number } {
  let now = $state(Date.now());
  $effect(() => {
    const timer = setInterval(() => {
      now = Date.now();
    }, everyMs);
    return () => clearInterval(timer);
  });
  return {
    get now() {
      return now;
    },
  };
}
