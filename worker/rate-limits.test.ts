import { describe, expect, it } from 'vitest';
import { unstable_readConfig } from 'wrangler';
import { clientAddress } from './count-requests.ts';
import { RATE_LIMITS } from './rate-limits.ts';
import { RELEASE } from './release.ts';

const config = unstable_readConfig({ config: 'wrangler.jsonc' });

describe('wrangler.jsonc', () => {
  it('binds the limits as the code names them, each under a namespace of its own', () => {
    const bound = config.ratelimits as { name: string; namespace_id: string; simple: object }[];
    expect(Object.fromEntries(bound.map(({ name, simple }) => [name, simple]))).toEqual(
      RATE_LIMITS,
    );
    expect(new Set(bound.map(({ namespace_id: id }) => id)).size).toBe(bound.length);
  });

  it('is what the release says of itself', () => {
    expect(config.compatibility_date).toBe(RELEASE.compatibilityDate);
    const [container] = config.containers ?? [];
    expect(Object.keys((container as { images?: object } | undefined)?.images ?? {})).toEqual([
      RELEASE.image,
    ]);
  });

  it('keeps no addresses in the logs: join links are secrets', () => {
    expect(config.observability).toMatchObject({
      enabled: true,
      redact_query_string: true,
      logs: { enabled: true, invocation_logs: false },
      traces: { enabled: true },
    });
  });
});

describe('the address that is counted', () => {
  const of = (address: string | null, DEV_MODE = 'false'): string | null =>
    clientAddress(new Headers(address === null ? {} : { 'cf-connecting-ip': address }), {
      DEV_MODE,
    });

  it('is an IPv4 address as it is, and the network of an IPv6 one', () => {
    expect(of('203.0.113.7')).toBe('203.0.113.7');
    const network = '2001:db8:1:2::/64';
    for (const address of [
      '2001:db8:1:2:3:4:5:6',
      '2001:0DB8:0001:0002::',
      '2001:db8:1:2::9',
      '2001:db8:1:2:ffff::1',
    ]) {
      expect(of(address)).toBe(network);
    }
    expect(of('2001:db8:1::2')).toBe('2001:db8:1:0::/64');
    expect(of('2001:db8::1')).toBe('2001:db8:0:0::/64');
    expect(of('::1')).toBe('0:0:0:0::/64');
    expect(of('::ffff:203.0.113.7')).toBe('::ffff:203.0.113.7');
  });

  it('is never what the client says it is', () => {
    const headers = new Headers({ 'x-forwarded-for': '203.0.113.7', 'x-real-ip': '203.0.113.7' });
    expect(clientAddress(headers, { DEV_MODE: 'false' })).toBeNull();
  });

  it('is none of this machine’s with DEV_MODE, and only then', () => {
    for (const address of ['127.0.0.1', '::1']) expect(of(address, 'true')).toBeNull();
    expect(of('127.0.0.1')).toBe('127.0.0.1');
    expect(of('203.0.113.7', 'true')).toBe('203.0.113.7');
  });
});
