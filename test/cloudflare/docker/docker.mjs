/**
 * A scripted docker, called as `node docker.mjs FOLDER ARGUMENT…`: the commands that wrangler runs to build and push an image (containers-shared:
 * build.ts, push.ts, login.ts, inspect.ts), on a folder instead of an engine. Anything else is
 * refused with exit code 125, as docker refuses a flag it does not know.
 */
import { createHash } from 'node:crypto';
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const [folder, ...args] = process.argv.slice(2);
const stateFile = join(folder, 'state.json');
const state = JSON.parse(readFileSync(stateFile, 'utf8'));

function end(code, text = '') {
  writeFileSync(stateFile, JSON.stringify(state));
  if (text) (code === 0 ? process.stdout : process.stderr).write(`${text}\n`);
  process.exit(code);
}

const input = () => readFileSync(0, 'utf8');
const sha256 = (text) => `sha256:${createHash('sha256').update(text).digest('hex')}`;
const repository = (reference) => reference.replace(/@.*$/, '').replace(/:[^:/]+$/, '');
const registry = (reference) => reference.split('/')[0];

function imageOf(reference) {
  const byDigest = Object.entries(state.images).find(([, image]) =>
    image.repoDigests.includes(reference),
  );
  const id = state.tags[reference] ?? byDigest?.[0];
  if (!id) end(1, `Error response from daemon: No such image: ${reference}`);
  return state.images[id];
}

/** `build --load -t TAG --platform linux/amd64 --provenance=false [--build-arg A=B]… -f - CONTEXT` */
function build(rest) {
  const options = { arguments: [] };
  const context = [];
  for (let index = 0; index < rest.length; index += 1) {
    const flag = rest[index];
    if (flag === '-t') options.tag = rest[(index += 1)];
    else if (flag === '--platform') options.platform = rest[(index += 1)];
    else if (flag === '--build-arg') options.arguments.push(rest[(index += 1)]);
    else if (flag === '-f') options.file = rest[(index += 1)];
    else if (flag === '--load' || flag === '--provenance=false') continue;
    else if (flag.startsWith('-')) end(125, `unknown flag: ${flag}`);
    else context.push(flag);
  }
  if (!options.tag || context.length !== 1) end(1, 'ERROR: docker: build requires 1 argument');
  const dockerfile = options.file === '-' ? input() : readFileSync(options.file, 'utf8');
  if (!/^FROM\s/m.test(dockerfile))
    end(1, 'ERROR: failed to solve: no build stage in current context');
  // What the context holds is beyond this double: `content` stands for it, and tests change it.
  const id = sha256(JSON.stringify([dockerfile, options.arguments, state.content]));
  state.images[id] ??= { platform: options.platform, repoDigests: [] };
  state.tags[options.tag] = id;
  end(0, `#1 writing image ${id}`);
}

function inspect([reference, flag, format, ...more]) {
  if (flag !== '--format' || more.length > 0) end(125, `unknown flag: ${flag}`);
  const image = imageOf(reference);
  if (format === '{{ json .RepoDigests }}') end(0, JSON.stringify(image.repoDigests));
  if (format === '{{ .Size }} {{ len .RootFS.Layers }}') end(0, `${state.imageBytes} 12`);
  if (format === '{{ .Os }}/{{ .Architecture }}') end(0, image.platform);
  end(125, `unknown format: ${format}`);
}

function push([reference, ...more]) {
  if (!reference || more.length > 0) end(125, 'docker: push requires 1 argument');
  const image = imageOf(reference);
  if (!state.logins.includes(registry(reference))) end(1, 'unauthorized: authentication required');
  // A registry's digest is the manifest's, never the image's own id.
  const digest = sha256(state.tags[reference]);
  const named = `${repository(reference)}@${digest}`;
  if (!image.repoDigests.includes(named)) image.repoDigests.push(named);
  state.remote[reference] = digest;
  end(0, `${reference.split(':').at(-1)}: digest: ${digest} size: 1994`);
}

function manifest([flag, reference, ...more]) {
  if (flag !== '-v' || more.length > 0) end(125, `unknown flag: ${flag}`);
  const digests = Object.entries(state.remote).map(([ref, digest]) => [
    [ref, `${repository(ref)}@${digest}`],
    digest,
  ]);
  const digest = digests.find(([names]) => names.includes(reference))?.[1];
  if (!digest) end(1, `no such manifest: ${reference}`);
  end(0, JSON.stringify({ Ref: reference, Descriptor: { digest } }));
}

function login([password, username, name, host, ...more]) {
  if (password !== '--password-stdin' || username !== '--username' || !name || more.length > 0) {
    end(125, 'unknown flag');
  }
  if (input() !== 'scripted-registry-password')
    end(1, 'unauthorized: incorrect username or password');
  state.logins.push(host);
  end(0, 'Login Succeeded');
}

const COMMANDS = {
  build,
  login,
  push,
  'image inspect': inspect,
  'image rm': ([tag]) => {
    imageOf(tag);
    delete state.tags[tag];
    end(0, `Untagged: ${tag}`);
  },
  info: (rest) =>
    rest.length > 0 ? end(125, `unknown flag: ${rest[0]}`) : end(0, 'Server: scripted'),
  'manifest inspect': manifest,
  tag: ([source, target]) => {
    imageOf(source);
    state.tags[target] = state.tags[source];
    end(0);
  },
};

const two = args.slice(0, 2).join(' ');
const name = two in COMMANDS ? two : (args[0] ?? '');
const command = COMMANDS[name];
const fault = state.faults.find((each) => each.command === name);
const isKnown = command !== undefined;
appendFileSync(
  join(folder, 'calls.ndjson'),
  `${JSON.stringify({ command: name, args, isKnown })}\n`,
);
if (!isKnown) end(125, `docker: unknown command: docker ${args.join(' ')}`);
if (fault) {
  state.faults.splice(state.faults.indexOf(fault), 1);
  end(fault.code, fault.message);
}
command(args.slice(name.split(' ').length));
