import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { z } from 'zod';
import { ApiError, notOffered } from './api-error.ts';
import type { ContainerStore } from './container-store.ts';
import { parseAssignments } from './environment.ts';
import { Exec } from './exec.ts';
import type { ExecStore } from './exec-store.ts';
import { readJson, readUpgradeJson, sendJson } from './http-body.ts';
import { ProcessContainer } from './process-container.ts';
import type { Route } from './router.ts';

const createBody = z.object({
  Cmd: z.array(z.string()).min(1),
  Env: z.array(z.string()).nullish(),
  WorkingDir: z.string().nullish(),
  User: z.string().nullish(),
  Tty: z.boolean().nullish(),
  AttachStdin: z.boolean().nullish(),
});
const startBody = z.object({ Detach: z.boolean().nullish(), Tty: z.boolean().nullish() });
const START_PATH = /^\/exec\/([0-9a-f]+)\/start$/;
const ACCEPTED =
  'HTTP/1.1 101 UPGRADED\r\ncontent-type: application/vnd.docker.multiplexed-stream\r\n' +
  'connection: Upgrade\r\nupgrade: tcp\r\n\r\n';

/** Commands in running containers. The attached start comes as an upgrade, see startAttached. */
export function execRoutes({ store, execs }: { store: ContainerStore; execs: ExecStore }): Route[] {
  return [
    {
      method: 'POST',
      pattern: '/containers/:id/exec',
      handle: async ({ params, request, response }) => {
        const container = store.get(params['id'] ?? '');
        if (!(container instanceof ProcessContainer) || container.status !== 'running') {
          throw new ApiError(409, 'the container is not running');
        }
        const exec = parseExec(await readJson(request), container);
        execs.add(exec);
        sendJson(response, 201, { Id: exec.spec.id });
      },
    },
    {
      method: 'POST',
      pattern: '/exec/:id/start',
      handle: async ({ params, request, response }) => {
        const exec = execs.get(params['id'] ?? '');
        const { Detach } = startBody.parse(await readJson(request));
        if (!Detach) throw new ApiError(400, 'an attached start needs "Upgrade: tcp"');
        await exec.startDetached();
        response.writeHead(200).end();
      },
    },
    {
      method: 'GET',
      pattern: '/exec/:id/json',
      handle: ({ params, response }) => {
        const exec = execs.get(params['id'] ?? '');
        sendJson(response, 200, {
          ID: exec.spec.id,
          ContainerID: exec.container.spec.id,
          Running: exec.running,
          ExitCode: exec.exitCode,
          Pid: exec.pid,
        });
      },
    },
  ];
}

/** `POST /exec/ID/start` with `Upgrade: tcp`: the connection becomes the command's stdio. */
export async function startAttached(
  { execs, path, request }: { execs: ExecStore; path: string; request: IncomingMessage },
  { socket, head }: { socket: Duplex; head: Buffer },
): Promise<void> {
  const id = START_PATH.exec(path)?.[1];
  if (request.method !== 'POST' || id === undefined) throw notOffered(`an upgrade of ${path}`);
  const options = startBody.parse(await readUpgradeJson(request, { socket, head }));
  if (options.Detach) throw new ApiError(400, 'a detached start has nothing to upgrade');
  if (options.Tty) throw notOffered('a terminal');
  await execs.get(id).startAttached(socket, () => socket.write(ACCEPTED));
}

function parseExec(json: unknown, container: ProcessContainer): Exec {
  const parsed = createBody.safeParse(json);
  if (!parsed.success) throw new ApiError(400, z.prettifyError(parsed.error));
  const { Cmd, Env, WorkingDir, User, Tty, AttachStdin } = parsed.data;
  if (Tty) throw notOffered('a terminal');
  if (User) throw notOffered('another user');
  if (WorkingDir && !WorkingDir.startsWith('/'))
    throw new ApiError(400, 'WorkingDir is not absolute');
  const spec = {
    id: randomBytes(32).toString('hex'),
    cmd: Cmd,
    env: parseAssignments(Env ?? []),
    workingDir: WorkingDir || null,
    attachStdin: AttachStdin ?? false,
  };
  return new Exec(spec, container);
}
