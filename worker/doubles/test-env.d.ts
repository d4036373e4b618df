/// <reference types="@cloudflare/vitest-plugin/types" />

/** What `env` of `cloudflare:workers` holds in tests: the Worker's own, and the migrations of D1. */
declare namespace Cloudflare {
  interface GlobalProps {
    mainModule: typeof import('../index.ts');
  }
  interface Env extends Readonly<import('../env.ts').Env> {
    TEST_MIGRATIONS: import('cloudflare:test').D1Migration[];
  }
}
