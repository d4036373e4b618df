import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isLoopback, normaliseHost } from './host-name.ts';

describe('normaliseHost', () => {
  it.each([
    ['Demo.StreamKinetics.com', 'demo.streamkinetics.com'],
    ['demo.streamkinetics.com.', 'demo.streamkinetics.com'],
    ['demo.streamkinetics.com:8787', 'demo.streamkinetics.com'],
    ['Bücher.example', 'xn--bcher-kva.example'],
    ['xn--bcher-kva.EXAMPLE:443', 'xn--bcher-kva.example'],
    ['demo。example', 'demo.example'],
    ['127.0.0.1:8787', '127.0.0.1'],
    ['[::1]:8787', '[::1]'],
    ['_acme.example.com', '_acme.example.com'],
  ])('writes %s as %s', (raw, host) => {
    expect(normaliseHost(raw)).toBe(host);
  });

  it.each([
    '',
    '.',
    'a..b',
    '.a',
    'a..',
    'a/b',
    'a\\b',
    'user@a',
    'a?b',
    'a#b',
    'a b',
    'a\tb',
    'a\r\nx: y',
    '%61.example',
    'a:b',
    'a:99999',
    '-a.example',
  ])('takes %j for no host', (raw) => {
    expect(normaliseHost(raw)).toBeNull();
  });

  it('takes what the DNS has no room for to be no host', () => {
    for (const raw of [`${'x'.repeat(64)}.com`, `${'abc.'.repeat(70)}com`, 'x.'.repeat(5_000)]) {
      expect(normaliseHost(raw)).toBeNull();
    }
  });

  it('is itself when done again, whatever comes in', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.string({ unit: 'binary' })), (raw) => {
        const once = normaliseHost(raw);
        if (once !== null) expect(normaliseHost(once)).toBe(once);
      }),
      { numRuns: 300 },
    );
  });

  it('does not depend on case, port and trailing dot', () => {
    fc.assert(
      fc.property(fc.domain(), fc.integer({ min: 1, max: 65_535 }), (domain, port) => {
        const plain = normaliseHost(domain);
        expect(normaliseHost(domain.toUpperCase())).toBe(plain);
        expect(normaliseHost(`${domain}:${port}`)).toBe(plain);
        expect(normaliseHost(`${domain}.`)).toBe(plain);
      }),
      { numRuns: 100 },
    );
  });

  it('answers only characters of host names', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (raw) => {
        expect(normaliseHost(raw) ?? 'none').toMatch(/^(?:[a-z0-9._-]+|\[[0-9a-f:.]+\])$/);
      }),
      { numRuns: 300 },
    );
  });
});

describe('isLoopback', () => {
  it.each(['localhost', 'demo.localhost', '127.0.0.1', '127.9.9.9', '[::1]'])('is %s', (host) => {
    expect(isLoopback(host)).toBe(true);
  });
  it.each(['localhost.example', 'notlocalhost', '127.0.0.1.example', '128.0.0.1', '[::2]'])(
    'is not %s',
    (host) => {
      expect(isLoopback(host)).toBe(false);
    },
  );
});
