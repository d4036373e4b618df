import { applyD1Migrations } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { beforeAll } from 'vitest';

/** Files share one runtime: each begins with a D1 as its migrations make it, and nothing in KV and R2. */
beforeAll(async () => {
  const { results } = await env.DB.prepare(
    "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_cf%' ESCAPE '\\' AND name NOT LIKE 'sqlite%'",
  ).all<{ name: string }>();
  if (results.length > 0) {
    const drops = results.map(({ name }) => env.DB.prepare(`DROP TABLE "${name}"`));
    await env.DB.batch([env.DB.prepare('PRAGMA defer_foreign_keys = ON'), ...drops]);
  }
  await applyD1Migrations(env.DB, env.TEST_MIGRATIONS);
  const { keys } = await env.DIRECTORY.list();
  await Promise.all(keys.map(({ name }) => env.DIRECTORY.delete(name)));
  const { objects } = await env.SNAPSHOTS.list();
  await env.SNAPSHOTS.delete(objects.map(({ key }) => key));
});
