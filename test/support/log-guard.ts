import { env } from 'cloudflare:workers';
import { afterAll, beforeAll, expect } from 'vitest';

const LEVELS = ['debug', 'log', 'info', 'warn', 'error'] as const;

/** Secrets of the Workers that the tests run: no log line may hold one. */
const SECRETS = [env.SESSION_SIGNING_KEYS, env.CLOUDFLARE_AI_GATEWAY_API_KEY];

const found: string[] = [];
const written = LEVELS.map((level) => [level, console[level]] as const);

/** Every line that a test's Worker or agent writes is looked through; it is written all the same. */
beforeAll(() => {
  for (const [level, write] of written) {
    console[level] = (...parts: unknown[]) => {
      const line = parts.map(String).join(' ');
      if (SECRETS.some((secret) => line.includes(secret))) found.push(line);
      write.apply(console, parts);
    };
  }
});

afterAll(() => {
  for (const [level, write] of written) console[level] = write;
  expect(found).toEqual([]);
});
