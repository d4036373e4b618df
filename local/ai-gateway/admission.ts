import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { envelopeRefusal, openAiRefusal, type Refusal } from './refusal.ts';

/** Whom the stand-in serves: one account with one gateway, opened by a few keys. */
export interface Identity {
  accountId: string;
  gatewayId: string;
  apiKeys: readonly string[];
}

/** Workers AI names models by `@cf/`, their author and their name. */
const WORKERS_AI_MODEL = /^@cf\/[\w.-]+\/[\w.-]+$/;

/**
 * Models that Cloudflare has switched off, and what it suggests instead. Kept apart from the
 * system's own catalog, so that a catalog that forgets one still meets the 410.
 */
const RETIRED_MODELS: ReadonlyMap<string, string> = new Map([
  ['@cf/meta/llama-3.1-8b-instruct', '@cf/zai-org/glm-4.7-flash'],
]);

/** Null when the account is ours and the key is one of its keys. */
export function refuseCaller(
  identity: Identity,
  accountId: string,
  headers: IncomingHttpHeaders,
): Refusal | null {
  const [scheme, key] = (headers.authorization ?? '').split(' ');
  if (scheme?.toLowerCase() !== 'bearer' || !key || !isKey(identity.apiKeys, key)) {
    return envelopeRefusal(401, 10_000, 'Authentication error');
  }
  if (accountId === identity.accountId) return null;
  if (/^[0-9a-f]{32}$/.test(accountId)) return envelopeRefusal(403, 10_000, 'Authentication error');
  return envelopeRefusal(
    404,
    7003,
    `Could not route to /client/v4/accounts/${accountId}, perhaps your object identifier is invalid?`,
  );
}

/** Null when the gateway named in the request's header is ours. */
export function refuseGateway(identity: Identity, gatewayId: string | undefined): Refusal | null {
  if (gatewayId === undefined) {
    return envelopeRefusal(400, 2001, 'cf-aig-gateway-id is missing: @cf/ models always need it.');
  }
  if (gatewayId === identity.gatewayId) return null;
  return envelopeRefusal(400, 2001, 'Please configure AI Gateway in the Cloudflare dashboard');
}

/** Null when the model is one of Workers AI; a retired one is 410. */
export function refuseModel(model: string): Refusal | null {
  if (!WORKERS_AI_MODEL.test(model)) {
    return openAiRefusal(400, {
      message: `No such model ${model} or task: a model of Workers AI starts with @cf/.`,
      code: 'model_not_found',
      param: 'model',
    });
  }
  const successor = RETIRED_MODELS.get(model);
  if (successor === undefined) return null;
  return openAiRefusal(410, {
    message: `The model ${model} has been deprecated and is no longer available. Use ${successor}.`,
    code: 'model_deprecated',
    param: 'model',
  });
}

function isKey(keys: readonly string[], candidate: string): boolean {
  return keys.some((key) => timingSafeEqual(digest(key), digest(candidate)));
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
