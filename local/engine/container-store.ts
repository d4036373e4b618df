import { ApiError } from './api-error.ts';
import type { Container } from './container.ts';
import { ProcessContainer } from './process-container.ts';
import { Sidecar } from './sidecar.ts';

/** Containers and sidecars together; a laptop gives up long before. */
const MAX_CONTAINERS = 256;

/** All containers by id, in the order they were created. */
export class ContainerStore {
  readonly #containers = new Map<string, Container>();
  readonly #removals = new Map<Container, PromiseWithResolvers<number>>();

  /** 409 when the name is taken, which makes workerd remove that container and try again. */
  add(container: Container): void {
    const { name, id } = container.spec;
    if (this.find(name)) throw new ApiError(409, `the container name ${name} is in use`);
    if (this.#containers.size >= MAX_CONTAINERS) {
      throw new ApiError(500, `more than ${MAX_CONTAINERS} containers`);
    }
    this.#containers.set(id, container);
  }

  all(): Container[] {
    return [...this.#containers.values()];
  }

  processes(): ProcessContainer[] {
    return this.all().filter((container) => container instanceof ProcessContainer);
  }

  /** By name or full id. */
  find(nameOrId: string): Container | undefined {
    const byId = this.#containers.get(nameOrId);
    return byId ?? this.all().find(({ spec }) => spec.name === nameOrId);
  }

  get(nameOrId: string): Container {
    const container = this.find(nameOrId);
    if (!container) throw new ApiError(404, `no such container: ${nameOrId}`);
    return container;
  }

  /** Removes a container with all that belongs to it, then forgets it; its name is taken until then. */
  async remove(container: Container): Promise<void> {
    await container.remove();
    this.#containers.delete(container.spec.id);
    this.#removals.get(container)?.resolve(container.exitCode);
    this.#removals.delete(container);
  }

  /** Resolves with the exit code when the container has been removed. */
  removed(container: Container): Promise<number> {
    const known = this.#removals.get(container) ?? Promise.withResolvers<number>();
    this.#removals.set(container, known);
    return known.promise;
  }

  /** The sidecar whose network a container joined. */
  sidecarOf(container: ProcessContainer): Sidecar | null {
    const { sidecarName } = container.spec;
    const sidecar = sidecarName === null ? undefined : this.find(sidecarName);
    return sidecar instanceof Sidecar ? sidecar : null;
  }

  /** The host port behind a port of the running container that joined this sidecar's network. */
  hostPortBehind(sidecar: Sidecar, containerPort: number): number | null {
    const behind = this.processes().find(
      (container) => container.status === 'running' && this.sidecarOf(container) === sidecar,
    );
    return behind?.ports.get(containerPort) ?? null;
  }
}
