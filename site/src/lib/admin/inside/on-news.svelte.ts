import { untrack } from 'svelte';

/**
 * Does something when what `of` says is another than before, such as loading a list again after the live
 * line told that it changed. Not at first: then the page is just loaded.
 */
export function onNews(of: () => string, task: () => unknown): void {
  let known = untrack(of);
  $effect(() => {
    const now = of();
    if (now === known) return;
    known = now;
    untrack(() => void task());
  });
}
