import type { Attachment } from 'svelte/attachments';
import { onResize, onScroll, STUCK, type Place, type Stick } from '../stick.ts';

const placeOf = (list: HTMLElement): Place => ({
  top: list.scrollTop,
  viewport: list.clientHeight,
  content: list.scrollHeight,
});

/** Keeps a scrolling list at its end unless its reader went elsewhere; decided in stick.ts. */
export class StickyList {
  #stick: Stick = STUCK;
  #list: HTMLElement | null = null;
  /** Whether the end is out of sight because the reader wants it so. */
  isAway: boolean = $state(false);
  /** Whether something new came in out of sight. */
  hasUnseen: boolean = $state(false);

  /** For the scrolling element; its only child is what grows. */
  attach: Attachment<HTMLElement> = (list) => {
    this.#list = list;
    this.#stick = STUCK;
    const scrolled = (): void => this.#take(onScroll(this.#stick, placeOf(list)));
    const resized = (): void => {
      const next = onResize(this.#stick, placeOf(list));
      if (next.scrollToEnd) list.scrollTop = list.scrollHeight;
      this.#take({ ...next, last: placeOf(list) });
    };
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
  }

  /** To the end, and follow again. */
  jump(): void {
    const list = this.#list;
    if (list === null) return;
    list.scrollTop = list.scrollHeight;
    this.#take({ following: true, unseen: false, last: placeOf(list) });
  }
}
