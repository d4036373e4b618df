import { isDeepStrictEqual } from 'node:util';

/** A JSON object of unknown shape: a config a user, OpenClaw and the platform all write to. */
export type JsonObject = Record<string, unknown>;
/** Keys from the root to a value. */
export type JsonPath = readonly string[];

/** @returns whether `value` is a JSON object (not an array, not null). */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** @returns the value at `path`, or undefined when something on the way is absent. */
export function getAt(root: JsonObject, path: JsonPath): unknown {
  let at: unknown = root;
  for (const key of path) {
    if (!isJsonObject(at) || !Object.hasOwn(at, key)) return undefined;
    at = at[key];
  }
  return at;
}

/**
 * Returns a copy of `root` with `value` at `path`, objects on the way made as needed. With
 * `value` undefined the key is removed, and with it the objects that this leaves empty.
 */
export function withAt(root: JsonObject, path: JsonPath, value: unknown): JsonObject {
  const [key, ...rest] = path;
  if (key === undefined) return root;
  const copy = { ...root };
  if (rest.length === 0) {
    if (value === undefined) delete copy[key];
    else copy[key] = value;
    return copy;
  }
  const child = Object.hasOwn(root, key) ? root[key] : undefined;
  if (value === undefined && !isJsonObject(child)) return copy;
  const next = withAt(isJsonObject(child) ? child : {}, rest, value);
  if (value === undefined && Object.keys(next).length === 0) delete copy[key];
  else copy[key] = next;
  return copy;
}

/** @returns whether two JSON values are equal. */
export function sameJson(a: unknown, b: unknown): boolean {
  return isDeepStrictEqual(a, b);
}
