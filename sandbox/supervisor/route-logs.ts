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

/** `GET /logs?lines=n`: the newest lines as NDJSON; with `follow=1` also those to come. */
export function handleLogs({ url, response, ring }: Exchange): void {
  const lines = readLines(url.searchParams.get('lines'));
  const isFollowing = url.searchParams.get('follow') === '1';
  if (isFollowing && followers >= MAX_FOLLOWERS)
    throw new HttpError(429, 'too_many_readers', `At most ${MAX_FOLLOWERS} may follow the log.`);
  response.writeHead(200, {
    'content-type': 'application/x-ndjson',
    'cache-control': 'no-store',
  });
  response.write(ring.tail(lines).map(toLine).join(''));
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

function readLines(text: string | null): number {
  if (text === null || text === '') return DEFAULT_LINES;
  if (/^\d{1,9}$/.test(text)) return Math.min(Number(text), MAX_LOG_LINES);
  throw new HttpError(400, 'bad_request', 'lines must be a number.');
}
