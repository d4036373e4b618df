import { z } from 'zod';
import {
  deviceId,
  MAX_LISTED_DEVICES,
  pairingRequestId,
  type ApprovedDevice,
  type ApprovedDevices,
  type DeviceList,
  type DeviceView,
  type PairingRequestView,
} from '../contract/devices.ts';
import { AppError } from '../contract/errors.ts';
import { noteDirty } from './activity.ts';
import type { Door } from './door.ts';
import { OpenClawError, OpenClawLink } from './openclaw-link.ts';
import type { Caller } from './rpc.ts';
import type { SandboxDriver } from './sandbox-driver.ts';
import type { AgentDb } from './storage.ts';

/** OpenClaw approves what its approver has itself; a device may ask for everything. */
const SCOPES = ['operator.read', 'operator.pairing', 'operator.admin'];
/** Links for questions about devices at a time. */
const MAX_LINKS = 4;

const text = z.string().transform((value) => value.slice(0, 200));
const texts = z
  .array(z.string().transform((value) => value.slice(0, 100)))
  .transform((all) => all.slice(0, 32));
const described = {
  deviceId,
  displayName: text.nullish(),
  operatorLabel: text.nullish(),
  platform: text.nullish(),
  clientId: text.nullish(),
  role: z.string().nullish(),
  roles: texts.nullish(),
  scopes: texts.nullish(),
  remoteIp: text.nullish(),
};
const pendingRequest = z.object({
  ...described,
  requestId: pairingRequestId,
  isRepair: z.boolean().nullish(),
  ts: z.number().int(),
});
const pairedDevice = z.object({
  ...described,
  connected: z.boolean().nullish(),
  approvedAtMs: z.number().int(),
  lastSeenAtMs: z.number().int().nullish(),
});
const pairings = z.object({ pending: z.array(z.unknown()), paired: z.array(z.unknown()) });
const approval = z.object({ device: z.object({ deviceId }) });

export interface DevicesDeps {
  db: AgentDb;
  door: Door;
  sandbox: Pick<SandboxDriver, 'wake'>;
  openGateway(): Promise<{ socket: WebSocket; token: string }>;
  /** Somebody used the agent: what has changed is to be saved. */
  touch(): void;
  now(): number;
}

/** The devices of OpenClaw's own apps. OpenClaw keeps them in its state, and snapshots with it. */
export class Devices {
  readonly #deps: DevicesDeps;
  #links = 0;

  constructor(deps: DevicesDeps) {
    this.#deps = deps;
  }

  /** What the rpc's listDevices says. */
  async list(caller: Caller): Promise<DeviceList> {
    this.#deps.door.seer(caller);
    return this.#linked(listDevices);
  }

  approve(caller: Caller, requestId: string): Promise<ApprovedDevice> {
    return this.#change(caller, (link) => approveDevice(link, requestId));
  }

  approveAll(caller: Caller): Promise<ApprovedDevices> {
    return this.#change(caller, async (link) => {
      const approved: ApprovedDevice[] = [];
      const { pending } = await listDevices(link);
      for (const { requestId } of pending) {
        // One that has just run out, or asks anew, is not worth the others.
        const device = await approveDevice(link, requestId).catch(unlessGone);
        if (device) approved.push(device);
      }
      return { approved };
    });
  }

  async reject(caller: Caller, requestId: string): Promise<void> {
    await this.#change(caller, (link) => link.request('device.pair.reject', { requestId }));
  }

  async remove(caller: Caller, id: string): Promise<void> {
    await this.#change(caller, (link) => link.request('device.pair.remove', { deviceId: id }));
  }

  /** A change by an owner or an operator; what it changed is to be saved. */
  async #change<T>(caller: Caller, work: (link: OpenClawLink) => Promise<T>): Promise<T> {
    const { db, door, touch, now } = this.#deps;
    door.changer(caller);
    door.active();
    const result = await this.#linked(work);
    noteDirty(db, now());
    touch();
    return result;
  }

  /** Runs work on a link of its own with the rights for it, which no member's text ever goes over. */
  async #linked<T>(work: (link: OpenClawLink) => Promise<T>): Promise<T> {
    const { sandbox, openGateway } = this.#deps;
    if (sandbox.wake.state !== 'ready') {
      throw new AppError('conflict', 'Only an agent that is awake knows its devices.', {
        hint: 'Wake it first; opening the app does, too.',
      });
    }
    if (this.#links >= MAX_LINKS) {
      throw new AppError('rate_limited', 'Too many questions about devices at once.', {
        retryAfterS: 1,
      });
    }
    this.#links += 1;
    try {
      const { socket, token } = await openGateway();
      const link = await OpenClawLink.open(socket, { token, onEvent: ignore, scopes: SCOPES });
      return await work(link).finally(() => link.close());
    } catch (error) {
      throw refusalOf(error);
    } finally {
      this.#links -= 1;
    }
  }
}

const ignore = (): void => undefined;

async function listDevices(link: OpenClawLink): Promise<DeviceList> {
  const { pending, paired } = pairings.parse(await link.request('device.pair.list', {}));
  return {
    pending: known(pending, pendingRequest).map(requestView),
    paired: known(paired, pairedDevice).map(deviceViewOf),
  };
}

async function approveDevice(link: OpenClawLink, requestId: string): Promise<ApprovedDevice> {
  const answer = approval.parse(await link.request('device.pair.approve', { requestId }));
  return { requestId, deviceId: answer.device.deviceId };
}

/** The entries that have the shape they should have: one that has not hides none of the others. */
function known<T>(entries: readonly unknown[], shape: z.ZodType<T>): T[] {
  return entries.slice(0, MAX_LISTED_DEVICES).flatMap((entry) => {
    const parsed = shape.safeParse(entry);
    return parsed.success ? [parsed.data] : [];
  });
}

function requestView(request: z.infer<typeof pendingRequest>): PairingRequestView {
  const { requestId, isRepair, ts } = request;
  return { requestId, ...descriptionOf(request), isRepair: isRepair ?? false, requestedAt: ts };
}

function deviceViewOf(device: z.infer<typeof pairedDevice>): DeviceView {
  return {
    ...descriptionOf(device),
    connected: device.connected ?? false,
    approvedAt: device.approvedAtMs,
    lastSeenAt: device.lastSeenAtMs ?? null,
  };
}

function descriptionOf(device: z.infer<z.ZodObject<typeof described>>) {
  return {
    deviceId: device.deviceId,
    name: device.operatorLabel ?? device.displayName ?? null,
    platform: device.platform ?? null,
    client: device.clientId ?? null,
    roles: device.roles ?? (device.role ? [device.role] : []),
    scopes: device.scopes ?? [],
    address: device.remoteIp ?? null,
  };
}

/** OpenClaw refuses what it does not know, or know any more, as an invalid request. */
const isGone = (error: unknown): boolean =>
  error instanceof OpenClawError && error.code === 'INVALID_REQUEST';

function unlessGone(error: unknown): null {
  if (isGone(error)) return null;
  throw error;
}

function refusalOf(error: unknown): AppError {
  if (error instanceof AppError) return error;
  if (isGone(error)) {
    return new AppError('not_found', 'There is no such device or request.', {
      hint: 'A request is forgotten after five minutes; the app makes another when it connects.',
      cause: error,
    });
  }
  return new AppError('agent_unavailable', 'OpenClaw did not answer.', { cause: error });
}
