/** A piece of a body as it came in. */
export interface Piece {
  atMs: number;
  text: string;
}

/** One server-sent event, and when the last byte of it was there. */
export interface Arrival {
  atMs: number;
  data: string;
}

/** @returns the events of a body of `data:` lines that came in `pieces`, however it was cut. Pure. */
export function arrivalsOf(pieces: readonly Piece[]): Arrival[] {
  const arrivals: Arrival[] = [];
  let pending = '';
  for (const { atMs, text } of pieces) {
    const events = (pending + text).split('\n\n');
    pending = events.pop() ?? '';
    for (const event of events) arrivals.push({ atMs, data: event.replace(/^data: ?/, '') });
  }
  if (pending.trim() !== '') throw new Error(`the stream ends within an event: ${pending}`);
  return arrivals;
}
