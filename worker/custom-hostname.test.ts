import { expect, it } from 'vitest';
import { customHostname } from './custom-hostname.ts';

const platforms = ['streamkinetics.com', 'apps.other.example'];

it.each([
  ['Chat.Customer.Example', 'chat.customer.example'],
  ['chat.customer.example.', 'chat.customer.example'],
  ['bücher.example', 'xn--bcher-kva.example'],
  ['notstreamkinetics.com', 'notstreamkinetics.com'],
  ['streamkinetics.com.customer.example', 'streamkinetics.com.customer.example'],
])('takes %s as %s', (raw, hostname) => {
  expect(customHostname(raw, platforms)).toBe(hostname);
});

it.each([
  ['', 'not a hostname'],
  ['a b.example', 'not a hostname'],
  ['*.customer.example', 'not a hostname'],
  [`${'a'.repeat(64)}.example`, 'not a hostname'],
  [`${'abc.'.repeat(70)}example`, 'not a hostname'],
  ['user@customer.example', 'not a hostname'],
  ['customer.example/x', 'not a hostname'],
  ['203.0.113.7', 'an address'],
  ['0x7f.1', 'an address'],
  ['2130706433', 'an address'],
  ['[2001:db8::1]', 'an address'],
  ['localhost', 'public DNS'],
  ['acme.localhost', 'public DNS'],
  ['models.internal', 'public DNS'],
  ['printer.local', 'public DNS'],
  ['intranet', 'must have a domain'],
  ['_acme.customer.example', 'underscore'],
  ['streamkinetics.com', 'under streamkinetics.com'],
  ['API.streamkinetics.com.', 'under streamkinetics.com'],
  ['www.streamkinetics.com', 'under streamkinetics.com'],
  ['somebody-else.streamkinetics.com', 'under streamkinetics.com'],
  ['a.b.apps.other.example', 'under apps.other.example'],
  ['other.example', 'above apps.other.example'],
])('refuses %j: %s', (raw, why) => {
  let thrown: unknown;
  try {
    customHostname(raw, platforms);
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toMatchObject({ code: 'invalid_hostname', message: expect.stringContaining(why) });
});
