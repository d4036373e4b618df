import { isPlatformTransientError } from '@cloudflare/sandbox';
import { SupervisorError } from './supervisor-client.ts';

export interface ContainerFailure {
  code: string;
  /** A sentence for operators and members: no internals. */
  message: string;
  /** Whether trying again by itself is pointless. */
  lasting: boolean;
}

/** Codes of the supervisor that another start would only repeat. */
const LASTING_CODES = new Set([
  'restore_corrupt',
  'restore_missing',
  'restore_unverified',
  'config_unreadable',
  'openclaw_config_invalid',
  'user_missing',
  'supervisor_protocol',
]);

const passing = (code: string, message: string): ContainerFailure => ({
  code,
  message,
  lasting: false,
});
const lasting = (code: string, message: string): ContainerFailure => ({
  code,
  message,
  lasting: true,
});

/**
 * Cloudflare's own words for conditions that pass, or do not. Sources: workerd's container server,
 * @cloudflare/containers, and issues of cloudflare/containers and cloudflare/workerd.
 */
const KNOWN: readonly { match: RegExp; failure: ContainerFailure }[] = [
  {
    match: /no container instance/i,
    failure: passing('no_instance', 'No container was free. Trying again.'),
  },
  {
    match: /(?:instances?|vcpu|memory|disk)\b.*\bexceeded|exceeded.*\binstances?/i,
    failure: passing('account_limit', 'The account runs as many containers as it may.'),
  },
  {
    match: /not listening|connection refused|suddenly disconnected/i,
    failure: passing('not_listening', 'The container runs, but nothing in it answers.'),
  },
  {
    match: /cannot be called on a (?:container that is already )?running|already running/i,
    failure: passing('still_running', 'The container before this one has not ended yet.'),
  },
  {
    match: /no image named|no such image|image .*not found/i,
    failure: lasting('no_image', 'The sandbox image is not configured.'),
  },
  {
    match: /has no container|containers? (?:are|is) not enabled/i,
    failure: lasting('no_container', 'This deployment has no containers.'),
  },
];

/** Tells a failure that passes from one that needs a person. */
export function classifyContainerError(error: unknown): ContainerFailure {
  if (error instanceof SupervisorError) {
    return { code: error.code, message: error.message, lasting: LASTING_CODES.has(error.code) };
  }
  const text = error instanceof Error ? error.message : String(error);
  const known = KNOWN.find(({ match }) => match.test(text));
  if (known) return known.failure;
  const transient = isPlatformTransientError(error);
  return {
    code: transient ? 'cloudflare_transient' : 'start_failed',
    message: transient
      ? 'Cloudflare interrupted the start. Trying again.'
      : 'The sandbox did not start.',
    lasting: false,
  };
}
