import { type IncomingHttpHeaders } from 'node:http';
import { BlockList, isIP } from 'node:net';

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4');
LOOPBACK.addAddress('::1', 'ipv6');

/**
 * The address an app's connection came from, as the agent says: one IP that is not this machine's
 * own. OpenClaw takes a loopback client for its owner, so anything else is undefined.
 */
export function forwardedFor(headers: IncomingHttpHeaders): string | undefined {
  const address = headers['x-forwarded-for'];
  if (typeof address !== 'string') return undefined;
  const family = isIP(address);
  if (family === 0) return undefined;
  return LOOPBACK.check(address, family === 6 ? 'ipv6' : 'ipv4') ? undefined : address;
}
