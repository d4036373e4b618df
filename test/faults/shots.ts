import type { Target } from './points.ts';
import type { Subject } from './subject.ts';
import type { World } from './world.ts';

/** Fires at a target now. Answers whether there was anything to hit. */
export function shoot(target: Target, subject: Subject, world: World): boolean {
  const container = subject.container();
  switch (target) {
    case 'workerd':
      world.killWorker().catch((error: unknown) => console.error(String(error)));
      return true;
    case 'container':
      if (!container?.pid) return false;
      subject.killed.add(Number(container.env.SK_GENERATION));
      return kill(-container.pid);
    case 'openclaw': {
      const pid = subject.openclawPid();
      return pid !== null && kill(pid);
    }
    case 'client-socket':
      return subject.client.cut();
    case 'tunnel':
      return cut(world, container?.id, 'ingress');
    case 'egress':
      return cut(world, container?.id, 'egress');
  }
}

function cut(world: World, id: string | undefined, side: 'ingress' | 'egress'): boolean {
  return id !== undefined && (world.system.engine?.cut(id, side) ?? 0) > 0;
}

function kill(pid: number): boolean {
  try {
    return process.kill(pid, 'SIGKILL');
  } catch {
    return false;
  }
}
