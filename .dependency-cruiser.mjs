/**
 * Who may import whom. The table is the one of CONTRIBUTING.md; what it does not allow is an
 * error. Paths are regular expressions on paths from the project's root.
 */

/** What each folder may import of ours besides itself. */
const MAY_IMPORT = {
  contract: [],
  db: ['contract/'],
  durable: ['contract/', 'db/'],
  worker: [
    'contract/',
    'db/',
    'durable/index\\.ts$',
    // The built site, this release's version, and its OpenClaw's.
    '\\.svelte-kit/worker/',
    '(?:sandbox/)?package\\.json$',
  ],
  cli: ['contract/', 'package\\.json$', 'worker/'],
  site: ['contract/', 'worker/'],
  sandbox: [],
  local: ['contract/'],
  scripts: ['contract/', 'local/runner/'],
};

/** Inside local/, the runner puts the parts together and the parts know nothing of each other. */
const LOCAL_PARTS = {
  'local/engine': [],
  'local/ai-gateway': [],
  'local/runner': ['local/engine/index\\.ts$', 'local/ai-gateway/index\\.ts$'],
};

const OURS =
  '^(?:contract|db|durable|worker|cli|site|sandbox|local|scripts|test|bench|\\.svelte-kit)/';
const AT_THE_ROOT = '^[^/]+\\.(?:ts|js|mjs|json|jsonc)$';

/** Tests and what only they use. */
const TEST_CODE = [
  '\\.test\\.ts$',
  '(?:^|/)(?:testing|fixtures|doubles|test-support)/',
  '(?:^|/)test-[^/]+\\.ts$',
  '^(?:test|bench)/',
];

/** Names that something else than Node resolves: Vite, SvelteKit, the Workers runtime. */
const RESOLVED_ELSEWHERE = [
  '^(?:\\$app/|\\$env/|\\$lib/|\\./\\$types$|#site$|cloudflare:)',
  // A package's way in that has types and no code.
  '^@cloudflare/vitest-plugin/types$',
];

const error = (name, comment, from, to) => ({ name, comment, severity: 'error', from, to });

const folderRule = ([folder, allowed]) =>
  error(
    `${folder.replace('/', '-')}-imports`,
    `${folder}/ imports of ours only: ${['itself', ...allowed].join(', ')}`,
    { path: `^${folder}/` },
    {
      path: folder.includes('/') ? '^local/' : [OURS, AT_THE_ROOT],
      pathNot: [`^${folder}/`, ...allowed.map((path) => `^${path}`)],
    },
  );

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    ...Object.entries(MAY_IMPORT).map(folderRule),
    ...Object.entries(LOCAL_PARTS).map(folderRule),
    error('no-cycles', 'A cycle cannot be read from either end.', {}, { circular: true }),
    error(
      'worker-types-only',
      'cli/ and site/ run elsewhere than the Worker: they may know its types, never its code.',
      { path: '^(?:cli|site)/' },
      { path: '^worker/', dependencyTypesNot: ['type-only'] },
    ),
    error(
      'contract-packages',
      'contract/ is read by every program of the system, browsers included: zod and nothing else.',
      { path: '^contract/', pathNot: TEST_CODE },
      { pathNot: ['^contract/', '^node_modules/zod/'] },
    ),
    error(
      'sandbox-packages',
      "A container has sandbox/'s own packages, not the root's.",
      { path: '^sandbox/', pathNot: TEST_CODE },
      { path: '^node_modules/' },
    ),
    error(
      'cloudflare-sandbox-in-one-file',
      '@cloudflare/sandbox is 0.x and imports cloudflare:workers: one file knows it.',
      { pathNot: '^durable/container-errors\\.ts$' },
      { path: ['^node_modules/@cloudflare/sandbox/', '^@cloudflare/sandbox'] },
    ),
    error(
      'no-test-code-in-production',
      'What only tests use is free to be wrong about production.',
      { pathNot: TEST_CODE },
      { path: TEST_CODE, pathNot: 'node_modules/' },
    ),
    error(
      'no-dev-packages-in-production',
      'Code that is deployed or installed imports what "dependencies" lists.',
      { path: '^(?:contract|db|durable|worker|cli)/', pathNot: TEST_CODE },
      { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
    ),
    error(
      'no-unlisted-packages',
      "A package that package.json does not list is another package's business.",
      // The tests in sandbox/ run with the root's packages; its production code has a rule above.
      { path: OURS, pathNot: '^sandbox/.*(?:\\.test\\.ts$|/testing/)' },
      { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] },
    ),
    error(
      'no-unresolvable',
      'An import that leads nowhere.',
      {},
      { couldNotResolve: true, pathNot: RESOLVED_ELSEWHERE },
    ),
  ],
  options: {
    doNotFollow: { path: ['node_modules/', '^\\.svelte-kit/', '^dist/'] },
    exclude: { path: '^(?:dist|\\.local|\\.wrangler)/' },
    // Imports that the compiler drops count too: they are how folders come to know each other.
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['workerd', 'browser', 'svelte', 'import', 'default'],
    },
  },
};
