import { AppError } from '../contract/errors.ts';
import { isLoopback, normaliseHost } from './host-name.ts';

/** Names that are not of the public DNS (RFC 6761 and 6762, and ICANN's reservation of `internal`). */
const PRIVATE_DOMAINS = ['localhost', 'local', 'internal'];

const IPV4 = /^\d{1,3}(?:\.\d{1,3}){3}$/;

const isUnder = (name: string, domain: string): boolean =>
  name === domain || name.endsWith(`.${domain}`);

/** Why a normalised name cannot be a customer's hostname; null when it can. */
function problemOf(name: string, platforms: readonly string[]): string | null {
  if (name.startsWith('[') || IPV4.test(name)) return 'is an address, not a name';
  if (isLoopback(name) || PRIVATE_DOMAINS.some((domain) => isUnder(name, domain))) {
    return 'is not a name of the public DNS';
  }
  if (!name.includes('.')) return 'must have a domain';
  // No certificate is made out to such a name (CA/Browser Forum, ballot SC12).
  if (name.includes('_')) return 'must not contain an underscore';
  for (const platform of platforms) {
    if (isUnder(name, platform)) return `is under ${platform}, where only slugs give names`;
    if (isUnder(platform, name)) return `is above ${platform}`;
  }
  return null;
}

/**
 * The normalised form of a hostname that a tenant may claim. Throws invalid_hostname for what is no
 * name of the public DNS, or belongs to one of the system's own domains.
 */
export function customHostname(raw: string, platforms: readonly string[]): string {
  const name = normaliseHost(raw);
  const problem = name === null ? 'is not a hostname' : problemOf(name, platforms);
  if (name === null || problem !== null) {
    throw new AppError('invalid_hostname', `hostname: ${problem}`, {
      hint: 'Give a name of the customer’s own domain, such as chat.customer.com.',
    });
  }
  return name;
}
