import { request } from 'node:http';
import { join } from 'node:path';
import { z } from 'zod';

const listed = z.array(
  z.object({
    Id: z.string(),
    Names: z.array(z.string()),
    Labels: z.record(z.string(), z.string()).nullish(),
  }),
);
const inspected = z.object({ State: z.object({ Running: z.boolean(), Pid: z.number() }) });

export interface SeenContainer {
  name: string;
  pid: number;
  dir: string;
  /** As the agent set them: tenant and generation. */
  labels: Record<string, string>;
}

function get(socketPath: string, path: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    request({ socketPath, path }, (response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => (text += chunk.toString()));
      response.on('end', () => resolve(JSON.parse(text)));
    })
      .on('error', reject)
      .end();
  });
}

/** The running containers, asked of the engine over its own API. Sidecars are left out. */
export async function runningContainers(system: {
  engineSocket: string;
  containersDir: string;
}): Promise<SeenContainer[]> {
  const all = listed.parse(await get(system.engineSocket, '/containers/json?all=1'));
  const seen: SeenContainer[] = [];
  for (const { Id, Names, Labels } of all) {
    const name = Names[0]?.replace(/^\//, '') ?? '';
    if (name.endsWith('-proxy')) continue;
    const { State } = inspected.parse(await get(system.engineSocket, `/containers/${Id}/json`));
    if (!State.Running) continue;
    seen.push({ name, pid: State.Pid, dir: join(system.containersDir, Id), labels: Labels ?? {} });
  }
  return seen;
}

/** The running container of a tenant. */
export async function containerOf(
  system: { engineSocket: string; containersDir: string },
  tenantId: string,
): Promise<SeenContainer> {
  const all = await runningContainers(system);
  const found = all.find(({ labels }) => labels['tenant'] === tenantId);
  if (!found) throw new Error(`no container of ${tenantId} runs: ${JSON.stringify(all)}`);
  return found;
}
