import { HttpError } from './http-answers.ts';
import type { Exchange } from './exchange.ts';
import { type LogEntry, MAX_LOG_LINES } from './log-ring.ts';

/** Lines given when none are asked for. */
const DEFAULT_LINES = 200;
/** Readers that follow at once: a few operators' tabs; each costs a buffer. */
const MAX_FOLLOWERS = 8;
/** Unsent bytes after which a reader is too slow and is let go. */
const MAX_BACKLOG_BYTES = 1_048_576;

let followers = 0;

/**
 * `GET /logs?lines=n`: the newest lines as NDJSON, with `after=seq` those right after that one; with
 * `follow=1` also those to come.
 */
export function handleLogs({ url, response, ring }: Exchange): void {
  const lines = Math.min(readNumber(url, 'lines') ?? DEFAULT_LINES, MAX_LOG_LINES);
  const after = readNumber(url, 'after');
  const isFollowing = url.searchParams.get('follow') === '1';
  if (isFollowing && followers >= MAX_FOLLOWERS)
    throw new HttpError(429, 'too_many_readers', `At most ${MAX_FOLLOWERS} may follow the log.`);
  response.writeHead(200, {
    'content-type': 'application/x-ndjson',
    'cache-control': 'no-store',
  });
  const entries = after === null ? ring.tail(lines) : ring.after(after, lines);
  response.write(entries.map(toLine).join(''));
  if (!isFollowing) {
    response.end();
    return;
  }
  followers += 1;
  const unfollow = ring.follow((entry) => {
    if (response.writableLength > MAX_BACKLOG_BYTES) response.destroy();
    else response.write(toLine(entry));
  });
  response.once('close', () => {
    followers -= 1;
    unfollow();
  });
}

function toLine(entry: LogEntry): string {
  return `${JSON.stringify(entry)}\n`;
}

function readNumber(url: URL, name: string): number | null {
  const text = url.searchParams.get(name);
  if (text === null || text === '') return null;
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new HttpError(400, 'bad_request', `${name} must be a number.`);
}
