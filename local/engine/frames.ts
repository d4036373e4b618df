import { Transform } from 'node:stream';

/** Which stream a frame of an attached exec belongs to. */
export const STDOUT = 1;
export const STDERR = 2;
const HEADER_BYTES = 8;

/**
 * One frame of Docker's multiplexed stream: `[stream, 0, 0, 0, length as uint32 big endian]`, then the data.
 * https://docs.docker.com/reference/api/engine/ (attach, "Stream format")
 */
export function frame(stream: number, data: Uint8Array): Buffer {
  const framed = Buffer.allocUnsafe(HEADER_BYTES + data.length);
  framed.writeUInt32BE(stream << 24, 0);
  framed.writeUInt32BE(data.length, 4);
  framed.set(data, HEADER_BYTES);
  return framed;
}

/** A stream that turns each chunk written to it into one frame. */
export function framer(stream: number): Transform {
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      done(null, frame(stream, chunk));
    },
  });
}
