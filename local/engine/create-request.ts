import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { ApiError, notOffered } from './api-error.ts';
import type { ContainerSpec } from './container.ts';

const NAME = /^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,254}$/;
const SIDECAR_SUFFIX = '-proxy';

const body = z.object({
  Image: z.string().min(1),
  Env: z.array(z.string()).nullish(),
  Cmd: z.array(z.string()).nullish(),
  Labels: z.record(z.string(), z.string()).nullish(),
  HostConfig: z
    .object({
      NetworkMode: z.string().nullish(),
      Mounts: z.array(z.unknown()).nullish(),
    })
    .nullish(),
});

/** Whether a container is the egress sidecar of another one. */
export function isSidecarName(name: string): boolean {
  return name.endsWith(SIDECAR_SUFFIX);
}

/**
 * Reads `POST /containers/create`. 400 for a malformed request, 501 for what a plain process cannot
 * give (a command of its own, mounts). Restart policy, capabilities and limits are ignored.
 */
export function parseCreate(name: string | null, json: unknown): ContainerSpec {
  const id = randomBytes(32).toString('hex');
  const chosen = (name ?? `container-${id.slice(0, 12)}`).replace(/^\//, '');
  if (!NAME.test(chosen)) throw new ApiError(400, `not a container name: ${chosen}`);
  const parsed = body.safeParse(json);
  if (!parsed.success) throw new ApiError(400, z.prettifyError(parsed.error));
  const { Image, Env, Cmd, Labels, HostConfig } = parsed.data;
  if (HostConfig?.Mounts?.length) throw notOffered('mounts (directory snapshots)');
  if (Cmd?.length && !isSidecarName(chosen))
    throw notOffered('an entrypoint other than its command');
  const network = HostConfig?.NetworkMode ?? '';
  return {
    id,
    name: chosen,
    image: Image,
    labels: Labels ?? {},
    env: Env ?? [],
    cmd: Cmd ?? [],
    sidecarName: network.startsWith('container:') ? network.slice('container:'.length) : null,
  };
}
