import { writeFile } from 'node:fs/promises';

/**
 * The part of the docker command that wrangler and Miniflare call: `info`, `build` (reads the Dockerfile
 * from stdin), `image inspect`, `pull`, `ps`, `rm`, `context`. Nothing is built: the engine runs its own
 * command for every image.
 */
const SCRIPT = `#!/bin/sh
while [ "\${1#-}" != "\${1-}" ]; do
  case "$1" in
    --host | -H | --context | -c) shift ;;
  esac
  shift
done
case "\${1-}" in
  info) echo '["name=seccomp"]' ;;
  build) cat >/dev/null ;;
  image) echo 1 ;;
esac
exit 0
`;

/** Writes the stub and makes it executable. */
export async function writeDockerStub(path: string): Promise<void> {
  await writeFile(path, SCRIPT, { mode: 0o700 });
}
