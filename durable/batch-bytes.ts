const utf8 = new TextEncoder();

/** The length of a text as it is sent, in bytes. */
export function byteLength(text: string): number {
  return utf8.encode(text).byteLength;
}

/** Whether a text is over a number of bytes, without encoding one that cannot be. */
export function isOverBytes(text: string, maxBytes: number): boolean {
  // A UTF-16 code unit takes three bytes at most, and one at least.
  if (text.length * 3 <= maxBytes) return false;
  return text.length > maxBytes || byteLength(text) > maxBytes;
}

/** How many of the first ones fit into `maxBytes` together: one at least, where there is any. */
export function countFitting(sizes: readonly { bytes: number }[], maxBytes: number): number {
  let total = 0;
  for (const [index, { bytes }] of sizes.entries()) {
    total += bytes;
    if (total > maxBytes) return Math.max(1, index);
  }
  return sizes.length;
}
