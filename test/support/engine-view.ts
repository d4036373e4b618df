import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { dirname } from 'node:path';
import { z } from 'zod';

const listed = z.array(
  z.object({
    Id: z.string(),
    Names: z.array(z.string()),
  }),
);
const inspected = z.object({ State: z.object({ Running: z.boolean(), Pid: z.number() }) });

export interface SeenContainer {
  name: string;
  pid: number;
  dir: string;
  /** What its main process was started with. */
  environ: string;
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
async function runningContainers(system: { engineSocket: string }): Promise<SeenContainer[]> {
  const all = listed.parse(await get(system.engineSocket, '/containers/json?all=1'));
  const seen: SeenContainer[] = [];
  for (const { Id, Names } of all) {
    const name = Names[0]?.replace(/^\//, '') ?? '';
    if (name.endsWith('-proxy')) continue;
    const { State } = inspected.parse(await get(system.engineSocket, `/containers/${Id}/json`));
    if (!State.Running) continue;
    const { Pid: pid } = State;
    const environ = readFileSync(`/proc/${pid}/environ`, 'latin1');
    const dataDir = /(?:^|\0)SK_DATA_DIR=([^\0]+)/.exec(environ)?.[1] ?? '';
    seen.push({ name, pid, dir: dirname(dataDir), environ });
  }
  return seen;
}

/** The running container of a tenant. */
export async function containerOf(
  system: { engineSocket: string },
  tenantId: string,
): Promise<SeenContainer> {
  const all = await runningContainers(system);
  const found = all.find(({ environ }) => environ.includes(`SK_TENANT_ID=${tenantId}`));
  if (!found) throw new Error(`no container of ${tenantId} runs`);
  return found;
}
