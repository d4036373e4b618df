import type { z } from 'zod';
import { healthChecks, healthView } from '../../contract/api.ts';
import { AppError } from '../../contract/errors.ts';
import { failureOf, jsonOf, readAnswer } from '../answer.ts';
import { exitOf } from '../errors.ts';
import type { Io } from '../io.ts';

/** Time for one answer of the edge, ms: the health page waits up to 8 s for what hangs. */
const ANSWER_TIMEOUT_MS = 20_000;
/** How long a version may take until every location knows it, ms. */
const SPREAD_TIMEOUT_MS = 90_000;
/** Pause between two looks, ms. */
const POLL_MS = 2_000;

export interface EdgeTarget {
  platform: string;
  workerName: string;
  /** Where Access sends whoever has no credentials; null when it is not known. */
  teamDomain: string | null;
  /** A service token's headers: without them the system's own health can't be read. */
  accessHeaders: Readonly<Record<string, string>>;
}

export interface EdgeCheck {
  name: string;
  message: string;
}

type Headers = Readonly<Record<string, string>>;

function failure(message: string, cause?: unknown): AppError {
  return new AppError('upstream_failed', message, { cause });
}

async function ask(io: Io, url: string, headers: Headers): Promise<Response> {
  try {
    return await io.fetch(url, {
      headers,
      redirect: 'manual',
      signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
    });
  } catch (error) {
    throw failure(`${new URL(url).origin} can't be reached.`, error);
  }
}

async function askJson<Schema extends z.ZodType>(
  io: Io,
  asked: { url: string; headers: Headers; schema: Schema },
): Promise<z.output<Schema>> {
  const answer = await readAnswer(await ask(io, asked.url, asked.headers));
  const parsed = asked.schema.safeParse(jsonOf(answer));
  // What is wrong is said with a status of its own: 503 with the checks that failed.
  if (parsed.success) return parsed.data;
  throw failureOf(answer, false);
}

/**
 * Checks one version where people reach it: that the Worker has what it needs, that each binding
 * answers, the site, and that Access shuts `/admin`. With `override` the version that is asked may
 * have 0 % of the requests; Cloudflare lets the header choose among what is deployed. Each failure is
 * an `upstream_failed` that says what was seen.
 */
export async function checkEdge(
  io: Io,
  options: { target: EdgeTarget; versionId: string; override: boolean },
): Promise<EdgeCheck[]> {
  const { target, versionId, override } = options;
  const { platform, workerName, teamDomain, accessHeaders } = target;
  const chosen: Headers = override
    ? { 'Cloudflare-Workers-Version-Overrides': `${workerName}="${versionId}"` }
    : {};
  const checks: EdgeCheck[] = [];
  const passed = (name: string, message: string): void => void checks.push({ name, message });

  const health = await untilVersion(io, {
    versionId,
    look: () =>
      askJson(io, {
        url: `https://api.${platform}/admin/api/health`,
        headers: { accept: 'application/json', ...chosen, ...accessHeaders },
        schema: healthChecks,
      }),
  });
  const broken = health.checks.filter(({ ok }) => !ok);
  if (broken.length > 0) {
    throw new AppError(
      'upstream_failed',
      `The new version’s own health says: ${broken.map(({ name, message }) => `${name}: ${message}`).join(' ')}`,
      { hint: broken[0]?.fix ?? undefined },
    );
  }
  passed('bindings', `${health.checks.map(({ name }) => name).join(', ')} answer.`);

  const ping = await askJson(io, {
    url: `https://api.${platform}/healthz`,
    headers: chosen,
    schema: healthView,
  });
  if (!ping.ok) throw failure(`The Worker says what it lacks: ${ping.problems.join(' ')}`);
  passed('health', `The Worker of release ${ping.version} has what it needs.`);

  const site = await ask(io, `https://${platform}/`, chosen);
  const page = await site.text();
  if (site.status !== 200 || !page.includes('<html')) {
    throw failure(`https://${platform}/ answered ${site.status} and no page.`);
  }
  passed('site', 'The site answers with a page.');

  // Two destinations of one Access application (design): one of them alone leaves the other open.
  for (const host of [platform, `api.${platform}`]) {
    const shut = await ask(io, `https://${host}/admin`, chosen);
    const location = shut.headers.get('location') ?? '';
    const isAccess =
      teamDomain === null ? /cloudflareaccess\.com/.test(location) : location.includes(teamDomain);
    if (shut.status < 300 || shut.status >= 400 || !isAccess) {
      throw new AppError(
        'upstream_failed',
        `https://${host}/admin answered ${shut.status} without a sign-in page of Access.`,
        { hint: 'An Access application must cover /admin there and on the api host.' },
      );
    }
  }
  passed('access', 'Access asks who comes to /admin on both hosts.');
  return checks;
}

/** Looks until the version that answers is the one that was asked for. */
async function untilVersion<T extends { versionId: string | null }>(
  io: Io,
  options: { versionId: string; look: () => Promise<T> },
): Promise<T> {
  const deadline = io.now() + SPREAD_TIMEOUT_MS;
  let seen: unknown = null;
  for (;;) {
    try {
      const found = await options.look();
      if (found.versionId === options.versionId) return found;
      seen = found.versionId;
    } catch (error) {
      // Credentials that are refused stay refused; everything else may be on its way.
      if (io.now() >= deadline || exitOf(error) === 2) throw error;
      seen = null;
    }
    if (io.now() >= deadline) {
      throw failure(`Version ${String(seen)} answers, and not ${options.versionId}.`);
    }
    await io.sleep(POLL_MS);
  }
}
