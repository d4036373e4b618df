import { tick } from 'svelte';
import type { Attachment } from 'svelte/attachments';
import { onResize, onScroll, STUCK, type Place, type Stick } from '../stick.ts';

/** Closer to an edge than this counts as near it, px: about a screen, so that more is there in time. */
const NEAR_EDGE_PX = 900;

const placeOf = (list: HTMLElement): Place => ({
  top: list.scrollTop,
  viewport: list.clientHeight,
  content: list.scrollHeight,
});

/** The first of the list's articles that can be seen. */
function firstSeen(list: HTMLElement): Element | undefined {
  const { top } = list.getBoundingClientRect();
  return [...list.querySelectorAll('article')].find(
    (article) => article.getBoundingClientRect().bottom > top,
  );
}

/** Keeps a scrolling list at its end unless its reader went elsewhere; decided in stick.ts. */
export class StickyList {
  #stick: Stick = STUCK;
  #list: HTMLElement | null = null;
  /** Whether the end is out of sight because the reader wants it so. */
  isAway: boolean = $state(false);
  /** Whether something new came in out of sight. */
  hasUnseen: boolean = $state(false);
  /** Whether the beginning or the end of what is on the page is near. */
  isNearStart: boolean = $state(false);
  isNearEnd: boolean = $state(true);

  /** Whether the page changes, and where its reader is has yet to be put right. */
  isKeeping: boolean = $state(false);

  /** For the scrolling element; its only child is what grows. */
  attach: Attachment<HTMLElement> = (list) => {
    this.#list = list;
    this.#stick = STUCK;
    const scrolled = (): void => this.#take(onScroll(this.#stick, placeOf(list)));
    const resized = (): void => this.settle();
    const observer = new ResizeObserver(resized);
    observer.observe(list);
    if (list.firstElementChild !== null) observer.observe(list.firstElementChild);
    list.addEventListener('scroll', scrolled, { passive: true });
    resized();
    return () => {
      observer.disconnect();
      list.removeEventListener('scroll', scrolled);
      this.#list = null;
    };
  };

  #take({ following, unseen, last }: Stick): void {
    this.#stick = { following, unseen, last };
    this.isAway = !following;
    this.hasUnseen = unseen;
    // A list that was not laid out is near nothing.
    this.isNearStart = last.viewport > 0 && last.top < NEAR_EDGE_PX;
    this.isNearEnd = last.content - last.viewport - last.top < NEAR_EDGE_PX;
  }

  /** Takes note of what has changed on the page, before the browser tells of it. */
  settle(): void {
    const list = this.#list;
    if (list === null) return;
    const next = onResize(this.#stick, placeOf(list));
    if (next.scrollToEnd) list.scrollTop = list.scrollHeight;
    this.#take({ ...next, last: placeOf(list) });
  }

  /** Changes what is on the page, with what is looked at staying where it is. */
  async keeping(change: () => void): Promise<void> {
    // One at a time: a second one would measure what the first has not put right yet.
    if (this.isKeeping) return change();
    this.isKeeping = true;
    const list = this.#list;
    const anchor = list && firstSeen(list);
    const before = anchor?.getBoundingClientRect().top;
    // The browser's own anchoring would do it as well, and then it were done twice.
    if (list) list.style.overflowAnchor = 'none';
    change();
    await tick();
    if (list && anchor?.isConnected && before !== undefined) {
      list.scrollTop += anchor.getBoundingClientRect().top - before;
      this.#take({ ...this.#stick, last: placeOf(list) });
    }
    this.isKeeping = false;
    requestAnimationFrame(() => list?.style.removeProperty('overflow-anchor'));
  }

  /** To the end, and follow again. */
  jump(): void {
    const list = this.#list;
    if (list === null) return;
    list.scrollTop = list.scrollHeight;
    this.#take({ following: true, unseen: false, last: placeOf(list) });
  }
}
