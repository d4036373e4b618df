/** How often a running time is drawn anew, ms. */
const TICK_MS = 250;

/** This device's clock as state, for the life of the component that asks. */
export function ticking(): { readonly now: number } {
  let now = $state(Date.now());
  $effect(() => {
    const timer = setInterval(() => {
      now = Date.now();
    }, TICK_MS);
    return () => clearInterval(timer);
  });
  return {
    get now() {
      return now;
    },
  };
}
