import { Refusal, type Handlers } from '../call.ts';
import { signManifest } from '../worker-releases.ts';

/** Asks for the files it does not have, in one bucket; the token of a full set is the completion. */
export const assetHandlers: Handlers = {
  'workers.scripts.assets.upload.create': ({ state, body }) => {
    const { manifest } = body as { manifest: Record<string, { hash: string; size: number }> };
    const missing = Object.values(manifest)
      .map(({ hash }) => hash)
      .filter((hash) => !state.assets.has(hash));
    const jwt = signManifest(Object.keys(manifest));
    return { jwt, buckets: missing.length > 0 ? [[...new Set(missing)]] : [] };
  },
  'workers.assets.upload.create': async ({ state, form, headers }) => {
    const token = headers.get('authorization')?.replace(/^Bearer /, '') ?? '';
    if (!token.startsWith('scripted.')) throw new Refusal(401, 10000, 'Authentication error');
    for (const [hash, file] of form ?? []) {
      state.assets.set(hash, typeof file === 'string' ? file : await file.text());
    }
    return { jwt: token };
  },
};
