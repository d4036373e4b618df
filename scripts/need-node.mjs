// Preloaded by the scripts of package.json. Our programs are TypeScript that Node runs as it is,
// which an older Node answers with an unhelpful error; plain JavaScript can still say what to do.

/** The first major version of Node that strips types, and that wrangler and vitest start on. */
const NEEDED_MAJOR = 22;

if (Number(process.versions.node.split('.')[0]) < NEEDED_MAJOR) {
  console.error(
    `This needs Node ${NEEDED_MAJOR} or newer; this is ${process.versions.node}. ` +
      'Run it through npm (npm run …, npm test, npx …): npm ci installs the right Node with the rest.',
  );
  process.exit(1);
}
