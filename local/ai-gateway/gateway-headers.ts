import type { IncomingHttpHeaders } from 'node:http';
import { envelopeRefusal, type Refusal } from './refusal.ts';

/** AI Gateway keeps five metadata entries and drops the others without a word. */
const MAX_METADATA_ENTRIES = 5;
/** AI Gateway tries a request at most five times. */
const MAX_ATTEMPTS = 5;
/** Node's own limit of timers, in milliseconds. */
const MAX_TIMEOUT_MS = 2_147_483_647;

export type Metadata = Record<string, string | number | boolean>;

/** What the `cf-aig-*` headers of a request ask for. */
export interface GatewaySettings {
  metadata: Metadata;
  collectLog: boolean;
  collectPayload: boolean;
  maxAttempts: number;
  skipCache: boolean;
  /** To the first byte; null without a limit. */
  requestTimeoutMs: number | null;
}

/** Reads the `cf-aig-*` request headers, or says which one is wrong. */
export function readSettings(headers: IncomingHttpHeaders): GatewaySettings | Refusal {
  try {
    return {
      metadata: readMetadata(headers['cf-aig-metadata']),
      collectLog: flag(headers, 'cf-aig-collect-log', true),
      collectPayload: flag(headers, 'cf-aig-collect-log-payload', true),
      maxAttempts: integer(headers, 'cf-aig-max-attempts', MAX_ATTEMPTS) ?? 1,
      skipCache: flag(headers, 'cf-aig-skip-cache', false),
      requestTimeoutMs: integer(headers, 'cf-aig-request-timeout', MAX_TIMEOUT_MS),
    };
  } catch (error) {
    if (error instanceof HeaderProblem) return envelopeRefusal(400, 7001, error.message);
    throw error;
  }
}

class HeaderProblem extends Error {}

function readMetadata(header: string | string[] | undefined): Metadata {
  if (header === undefined) return {};
  const value = parseJson(String(header));
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new HeaderProblem('cf-aig-metadata must be a JSON object.');
  }
  const entries = Object.entries(value);
  if (entries.length > MAX_METADATA_ENTRIES) {
    throw new HeaderProblem(
      `cf-aig-metadata has ${entries.length} entries. Cloudflare would keep ${MAX_METADATA_ENTRIES} and silently drop the others; this stand-in refuses instead.`,
    );
  }
  const metadata: Metadata = {};
  for (const [key, entry] of entries) {
    if (typeof entry !== 'string' && typeof entry !== 'number' && typeof entry !== 'boolean') {
      throw new HeaderProblem(`cf-aig-metadata.${key} must be a string, a number or a boolean.`);
    }
    metadata[key] = entry;
  }
  return metadata;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new HeaderProblem('cf-aig-metadata is not valid JSON.');
  }
}

function flag(headers: IncomingHttpHeaders, name: string, otherwise: boolean): boolean {
  const value = headers[name];
  if (value === undefined) return otherwise;
  if (value === 'true') return true;
  if (value === 'false') return false;
  throw new HeaderProblem(`${name} must be true or false.`);
}

function integer(headers: IncomingHttpHeaders, name: string, max: number): number | null {
  const value = headers[name];
  if (value === undefined) return null;
  const number = Number(value);
  if (Number.isInteger(number) && number >= 1 && number <= max) return number;
  throw new HeaderProblem(`${name} must be a whole number from 1 to ${max}.`);
}
