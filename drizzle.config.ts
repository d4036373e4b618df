import { defineConfig } from 'drizzle-kit';

/** Two databases: D1, and with `SCHEMA=agent` the SQLite inside each TenantAgent. */
export default process.env['SCHEMA'] === 'agent'
  ? defineConfig({
      dialect: 'sqlite',
      driver: 'durable-sqlite',
      schema: './db/agent/schema.ts',
      out: './db/agent/migrations',
    })
  : defineConfig({ dialect: 'sqlite', schema: './db/schema.ts', out: './db/migrations' });
