import { describe, expect, it } from 'vitest';
import { classifyContainerError } from './container-errors.ts';
import { SupervisorError } from './supervisor-client.ts';

describe('a failed start', () => {
  it('needs a person when the supervisor says what another start would only repeat', () => {
    for (const code of ['restore_corrupt', 'openclaw_config_invalid', 'supervisor_protocol']) {
      const error = new SupervisorError(code, 'Why.');
      expect(classifyContainerError(error)).toEqual({ code, message: 'Why.', lasting: true });
    }
  });

  it('passes when the supervisor says anything else', () => {
    const error = new SupervisorError('boot_timeout', 'OpenClaw did not start.');
    expect(classifyContainerError(error)).toMatchObject({ code: 'boot_timeout', lasting: false });
  });

  it('passes when Cloudflare has no instance or interrupts', () => {
    const none = new Error('there is no container instance that can be provided to this object');
    expect(classifyContainerError(none)).toMatchObject({ code: 'no_instance', lasting: false });
    const reset = new Error('Durable Object reset because its code was updated.');
    expect(classifyContainerError(reset)).toMatchObject({
      code: 'cloudflare_transient',
      lasting: false,
    });
  });

  it('passes, with its own name, when Cloudflare’s containers say why', () => {
    for (const [text, code] of [
      ['Maximum number of running container instances exceeded', 'account_limit'],
      ['The container is not listening in the TCP address 10.0.0.1:8080', 'not_listening'],
      ['start() cannot be called on a container that is already running.', 'still_running'],
    ] as const) {
      expect(classifyContainerError(new Error(text))).toMatchObject({ code, lasting: false });
    }
  });

  it('needs a person where there is no container or no image', () => {
    for (const [text, code] of [
      ['this agent has no container', 'no_container'],
      ['no image named agent is configured', 'no_image'],
    ] as const) {
      expect(classifyContainerError(new Error(text))).toMatchObject({ code, lasting: true });
    }
  });

  it('never shows an error’s own words', () => {
    const error = new Error('connect ECONNREFUSED /internal/path token=canary');
    for (const thrown of [error, 'canary', { canary: true }]) {
      const failure = classifyContainerError(thrown);
      expect(failure).toMatchObject({ code: 'start_failed', lasting: false });
      expect(failure.message).not.toContain('canary');
    }
  });
});
