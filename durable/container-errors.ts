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
const LASTING_CODES = new Set(['restore_corrupt', 'config_invalid', 'supervisor_protocol']);

/** Cloudflare's own words for conditions that pass, or do not. */
const KNOWN: readonly { match: RegExp; failure: ContainerFailure }[] = [
  {
    match: /no container instance/i,
    failure: {
      code: 'no_instance',
      message: 'No container was free. Trying again.',
      lasting: false,
    },
  },
  {
    match: /no image named/i,
    failure: { code: 'no_image', message: 'The sandbox image is not configured.', lasting: true },
  },
  {
    match: /has no container/i,
    failure: { code: 'no_container', message: 'This deployment has no containers.', lasting: true },
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
