import type { z } from 'zod';
import {
  fingerprintOf,
  secretFingerprintsQuery,
  WORKER_SECRETS,
  type secretFingerprints,
} from '../../contract/worker-secrets.ts';
import { readQuery } from '../read-body.ts';
import type { RouteSpec } from '../route.ts';

/**
 * `GET /admin/api/secrets/fingerprints`: lets an admin who has the secrets find out which of them the
 * Worker has too. Cloudflare gives back no secret's value, so a sync could not tell them apart.
 */
export const secretRoutes: readonly RouteSpec[] = [
  {
    method: 'GET',
    path: '/admin/api/secrets/fingerprints',
    on: ['system'],
    action: 'secret.compare',
    async handle(c) {
      const { nonce } = readQuery(new URL(c.req.url), secretFingerprintsQuery);
      const entries = WORKER_SECRETS.map(async (name) => {
        const value = c.env[name];
        return [name, value ? await fingerprintOf(value, { name, nonce }) : null] as const;
      });
      const answer: z.infer<typeof secretFingerprints> = {
        fingerprints: Object.fromEntries(await Promise.all(entries)),
      };
      return c.json(answer);
    },
  },
];
