/** Where a link in an answer may lead. `javascript:`, `data:`, `blob:`, `file:` and all others do not. */
const LINK_SCHEMES: readonly string[] = ['http:', 'https:', 'mailto:'];
/** Pictures that stand in the answer itself: nothing is fetched for them, and none can hold a script. */
const INLINE_PICTURE = /^data:image\/(?:png|jpeg|gif|webp);base64,[a-z0-9+/]+=*$/i;
/** Two slashes of either kind: browsers read both as the start of another host. */
const OTHER_HOST = /^[\\/]{2}/;

export interface LinkTarget {
  /** Absolute. */
  href: string;
  /** What a person is told of where it leads: the host, or the mail address. */
  place: string;
}

/**
 * Where a link leads, or null for one that must not be one: of another scheme, or relative. What is
 * relative in an answer means the agent's world; on this page it would mean ours.
 */
export function linkTarget(written: string): LinkTarget | null {
  const trimmed = written.trim();
  let url: URL;
  try {
    url = new URL(OTHER_HOST.test(trimmed) ? `https:${trimmed}` : trimmed);
  } catch {
    return null;
  }
  if (!LINK_SCHEMES.includes(url.protocol)) return null;
  return { href: url.href, place: url.protocol === 'mailto:' ? url.pathname : url.host };
}

/** The address of a picture that needs no fetching, or null: all others are shown as links. */
export function inlinePicture(written: string): string | null {
  return INLINE_PICTURE.test(written) ? written : null;
}
