const nameOf = (from: number): string => `routing-draft:${from}`;

/** A draft of the version `from` that this window keeps over a reload, or null. */
export function readKept(from: number): string | null {
  try {
    return sessionStorage.getItem(nameOf(from));
  } catch {
    return null;
  }
}

/** Keeps it, or forgets it where it is null. A browser that keeps nothing keeps nothing. */
export function keep(from: number, text: string | null): void {
  try {
    if (text === null) sessionStorage.removeItem(nameOf(from));
    else sessionStorage.setItem(nameOf(from), text);
  } catch {
    // Without it a reload loses the draft, and leaving asks anyway.
  }
}
