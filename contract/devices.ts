import { z } from 'zod';

/** Devices and requests that are listed; an agent's owner has a handful. */
export const MAX_LISTED_DEVICES = 200;
/** Scopes or roles of one device; OpenClaw knows eight scopes and two roles. */
const MAX_GRANTS = 32;

/** An id of a pairing request, as OpenClaw gives it (a UUID). */
export const pairingRequestId = z.string().regex(/^[A-Za-z0-9-]{1,64}$/);
/** A device's id: the SHA-256 of its public key, hex (OpenClaw, gateway/protocol/auth.md). */
export const deviceId = z.string().regex(/^[A-Za-z0-9]{1,64}$/);

const words = z.array(z.string().max(100)).max(MAX_GRANTS);
const said = z.string().max(200).nullable();

const device = z.object({
  deviceId,
  /** What the app says of itself: nobody has checked it. */
  name: said,
  platform: said,
  client: said,
  roles: words,
  /** What it may, or asks for; `operator.admin` is everything. */
  scopes: words,
  /** Where it came from. */
  address: said,
});

/** A device of an app that asks to be let in, or one that asks for more than it has. */
export const pairingRequestView = device.extend({
  requestId: pairingRequestId,
  /** Whether it is known and asks anew, such as for more scopes. */
  isRepair: z.boolean(),
  /** UTC ms; OpenClaw forgets a request after five minutes. */
  requestedAt: z.number().int(),
});
export type PairingRequestView = z.infer<typeof pairingRequestView>;

/** A device that has been let in. */
export const deviceView = device.extend({
  connected: z.boolean(),
  approvedAt: z.number().int(),
  lastSeenAt: z.number().int().nullable(),
});
export type DeviceView = z.infer<typeof deviceView>;

/** From `GET /api/devices`. */
export const deviceList = z.object({
  pending: z.array(pairingRequestView).max(MAX_LISTED_DEVICES),
  paired: z.array(deviceView).max(MAX_LISTED_DEVICES),
});
export type DeviceList = z.infer<typeof deviceList>;

/** From `POST …/devices/:requestId/approve`. */
export const approvedDevice = z.object({ requestId: pairingRequestId, deviceId });
export type ApprovedDevice = z.infer<typeof approvedDevice>;

/** From `POST …/devices/approve-all`: those that were waiting at that moment and still were when their turn came. */
export const approvedDevices = z.object({ approved: z.array(approvedDevice) });
export type ApprovedDevices = z.infer<typeof approvedDevices>;
