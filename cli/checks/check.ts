/** One named check of `env validate`. */
export interface Check {
  name: string;
  status: 'passed' | 'failed' | 'skipped';
  message: string;
  /** The one command or change that mends it; null unless it failed. */
  fix: string | null;
}

export function passed(name: string, message: string): Check {
  return { name, status: 'passed', message, fix: null };
}

export function failed(name: string, message: string, fix: string): Check {
  return { name, status: 'failed', message, fix };
}

export function skipped(name: string, message: string): Check {
  return { name, status: 'skipped', message, fix: null };
}

/** Passed when `actual` is what is expected, failed with both values otherwise. None is a secret. */
export function same(
  name: string,
  sides: { what: string; actual: string | undefined; expected: string; fix: string },
): Check {
  const { what, actual, expected, fix } = sides;
  if (actual === expected) return passed(name, `${what} is ${expected}.`);
  return failed(name, `${what} is ${actual || 'missing'}, and should be ${expected}.`, fix);
}
