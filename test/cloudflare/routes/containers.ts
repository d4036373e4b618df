import { randomUUID } from 'node:crypto';
import { found, page, Refusal, type Handlers } from '../call.ts';
import type { ContainerApplication } from '../state.ts';

/** Cloudflare's own registry, where an account's images lie under its id. */
const REGISTRY = 'registry.cloudflare.com';

/** How long a login lasts at most, in minutes. */
const MAX_MINUTES = 60 * 24;

export const containerHandlers: Handlers = {
  'containers.applications.applications.list': ({ state, query }) =>
    page(state.containerApplications, query),
  'containers.applications.applications.create': ({ state, body }) => {
    const given = body as ContainerApplication & { durable_objects?: { namespace_id: string } };
    const namespaceId = given.durable_objects?.namespace_id;
    if (namespaceId !== undefined && !state.namespaces.some(({ id }) => id === namespaceId)) {
      throw new Refusal(400, 1000, 'DURABLE_OBJECT_NOT_FOUND');
    }
    // An application that its Durable Object schedules has the namespace's own id.
    const isOwned = given.scheduling_policy === 'durable_object';
    const id = isOwned && namespaceId !== undefined ? namespaceId : randomUUID();
    const application = { ...given, id, version: 1 };
    state.containerApplications.push(application);
    return application;
  },
  'containers.applications.applications.get': ({ state, path }) =>
    found(
      state.containerApplications.find(({ id }) => id === path.application_id),
      1000,
      'APPLICATION_NOT_FOUND',
    ),
  'containers.applications.applications.edit': ({ state, path, body }) =>
    Object.assign(
      found(
        state.containerApplications.find(({ id }) => id === path.application_id),
        1000,
        'APPLICATION_NOT_FOUND',
      ),
      body,
    ),
  'containers.images.prepare': ({ state, body }) => {
    const { image } = body as { image: string };
    if (!image.startsWith(`${REGISTRY}/${state.accountId}/`)) {
      throw new Refusal(400, 1000, 'IMAGE_NOT_FOUND');
    }
    state.preparedImages.push(image);
    return { image, status: 'ready' };
  },
  'containers.registries.credentials.generate': ({ state, path, body }) => {
    const { expiration_minutes: minutes } = body as { expiration_minutes: number };
    if (path.domain !== REGISTRY || minutes > MAX_MINUTES) {
      throw new Refusal(400, 1000, 'IMAGE_REGISTRY_NOT_CONFIGURED');
    }
    return {
      account_id: state.accountId,
      registry_host: REGISTRY,
      username: 'v1',
      password: 'scripted-registry-password',
    };
  },
  'wrangler.containers.me': ({ state }) => ({
    external_account_id: state.accountId,
    limits: {
      disk_mb_per_deployment: 20_000,
      memory_mib_per_deployment: 12_288,
      vcpu_per_deployment: 4,
    },
  }),
};
