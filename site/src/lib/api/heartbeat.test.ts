import { expect, test } from 'vitest';
import { heartbeat, PING_AFTER_MS, PONG_WITHIN_MS } from './heartbeat.ts';

test('a line that speaks is left alone', () => {
  expect(heartbeat({ heardAt: 100, pingedAt: null }, 100 + PING_AFTER_MS - 1)).toBe('wait');
});

test('silence is answered with one ping', () => {
  const at = 100 + PING_AFTER_MS;
  expect(heartbeat({ heardAt: 100, pingedAt: null }, at)).toBe('ping');
  expect(heartbeat({ heardAt: 100, pingedAt: at }, at + PONG_WITHIN_MS - 1)).toBe('wait');
});

test('a ping without an answer in time means the line is dead', () => {
  const at = 100 + PING_AFTER_MS;
  expect(heartbeat({ heardAt: 100, pingedAt: at }, at + PONG_WITHIN_MS)).toBe('dead');
});
