import { expect, test } from 'vitest';
import { containerEnvironment } from './environment.ts';

const parts = {
  path: '/bin',
  base: { LEVEL: 'base', HOME: '/elsewhere' },
  requested: ['LEVEL=requested', 'PORT=1', 'SK_DATA_DIR=/etc', 'URL=a=b', 'no assignment', '=x'],
  dataDir: '/data',
  ports: new Map([
    [8080, 30001],
    [9090, 30002],
  ]),
  proxyUrl: null,
};

test('a request overrides the base, and ours override the request', () => {
  expect(containerEnvironment(parts)).toEqual({
    PATH: '/bin',
    HOME: '/elsewhere',
    LEVEL: 'requested',
    URL: 'a=b',
    PORT: '30001',
    PORT_8080: '30001',
    PORT_9090: '30002',
    SK_DATA_DIR: '/data',
    SK_ENGINE_FD: '3',
  });
});

test('without internet access every proxy variable names the refusing proxy, except for loopback', () => {
  const env = containerEnvironment({ ...parts, proxyUrl: 'http://127.0.0.1:5' });
  for (const name of ['HTTP_PROXY', 'HTTPS_PROXY', 'http_proxy', 'https_proxy']) {
    expect(env[name]).toBe('http://127.0.0.1:5');
  }
  expect(env['NO_PROXY']).toBe('127.0.0.1,localhost');
});
