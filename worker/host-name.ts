/** Longest name of the DNS, in characters (RFC 1035, section 2.3.4). */
const MAX_HOSTNAME_CHARS = 253;
const MAX_LABEL_CHARS = 63;
/** Longest raw value that is looked at: a full name in Unicode, with a port. */
const MAX_RAW_CHARS = 1_024;

/** Characters that end a host in a URL, or that a URL parser would drop or decode. */
// oxlint-disable-next-line no-control-regex -- control characters are what is refused
const HOSTILE = /[\u0000-\u0020\u007f/\\?#@%]/;
const LABEL = /^[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?$/;

/**
 * The one form of a host in which it is compared and stored: lower case, punycode, without port and
 * trailing dot. Null for what is no host at all. The same again is itself.
 */
export function normaliseHost(raw: string): string | null {
  if (raw === '' || raw.length > MAX_RAW_CHARS || HOSTILE.test(raw)) return null;
  const url = URL.parse(`http://${raw}/`);
  return url?.pathname === '/' ? hostOf(url) : null;
}

/** The same of a URL, whose host the URL parser has normalised already. */
export function hostOf({ hostname }: Pick<URL, 'hostname'>): string | null {
  if (hostname.startsWith('[')) return hostname;
  const name = hostname.endsWith('.') ? hostname.slice(0, -1) : hostname;
  if (name.length > MAX_HOSTNAME_CHARS) return null;
  const fits = name
    .split('.')
    .every((label) => label.length <= MAX_LABEL_CHARS && LABEL.test(label));
  return fits ? name : null;
}

/** Whether a normalised host is this machine itself: `localhost`, `*.localhost`, 127.0.0.0/8, ::1. */
export function isLoopback(hostname: string): boolean {
  return (
    hostname === 'localhost' ||
    hostname.endsWith('.localhost') ||
    hostname === '[::1]' ||
    /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(hostname)
  );
}
