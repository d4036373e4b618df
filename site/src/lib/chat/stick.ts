/** Where a scrolling list stands, px. */
export interface Place {
  top: number;
  viewport: number;
  content: number;
}

export interface Stick {
  /** Whether the list follows what comes in. */
  following: boolean;
  /** Whether something came in below what the reader sees. */
  unseen: boolean;
  last: Place;
}

/** Closer to the end than this counts as at the end, px: about a line of text. */
const NEAR_END_PX = 32;

export const STUCK: Stick = {
  following: true,
  unseen: false,
  last: { top: 0, viewport: 0, content: 0 },
};

function distanceToEnd({ top, viewport, content }: Place): number {
  return Math.max(0, content - viewport - top);
}

/**
 * After a scroll event. Moving up lets go; coming near the end takes hold again. The list also
 * moves by itself when its content or its viewport changes size: that is nobody's wish.
 */
export function onScroll(stick: Stick, place: Place): Stick {
  const resized = place.content < stick.last.content || place.viewport !== stick.last.viewport;
  const wentUp = place.top < stick.last.top - 1;
  const atEnd = distanceToEnd(place) <= NEAR_END_PX;
  const following = atEnd || (stick.following && (!wentUp || resized));
  return { following, unseen: following ? false : stick.unseen, last: place };
}

/** After the content or the viewport changed size; `scrollToEnd` says whether to follow. */
export function onResize(stick: Stick, place: Place): Stick & { scrollToEnd: boolean } {
  const grew = place.content > stick.last.content + 1;
  return {
    following: stick.following,
    unseen: !stick.following && distanceToEnd(place) > NEAR_END_PX && (stick.unseen || grew),
    last: place,
    scrollToEnd: stick.following && distanceToEnd(place) > 0,
  };
}
