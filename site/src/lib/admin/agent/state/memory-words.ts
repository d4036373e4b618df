export const MIB = 1_024 * 1_024;

/** Bytes of memory, in the powers of 1,024 that containers are sized in. */
export function memoryWords(bytes: number): string {
  const mib = bytes / MIB;
  if (mib < 1_024) return `${Math.round(mib)} MiB`;
  return `${(mib / 1_024).toLocaleString('en', { maximumFractionDigits: 1 })} GiB`;
}
