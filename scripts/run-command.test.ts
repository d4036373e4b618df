import { describe, expect, it } from 'vitest';
import { runCommand } from './run-command.ts';

/** Long enough for a shell on a busy machine, ms. */
const AMPLE_MS = 30_000;

describe('a command', () => {
  it('ends with its exit code, and both of its streams are kept', async () => {
    const end = await runCommand('echo told; echo warned >&2; exit 3', { deadlineMs: AMPLE_MS });
    expect(end.code).toBe(3);
    expect(end.output).toContain('told');
    expect(end.output).toContain('warned');
  });

  it('runs with the Node that npm installed', async () => {
    const { output } = await runCommand('node --version', { deadlineMs: AMPLE_MS });
    expect(output.trim()).toMatch(/^v24\./);
  });

  it('is ended at its deadline with all it started, and says so', async () => {
    // The sleeping child holds the output open: while it lives, there is no end.
    const end = await runCommand('sleep 300 & wait', { deadlineMs: 300 });
    expect(end.code).not.toBe(0);
    expect(end.output).toContain('ended after 0.3 s');
    expect(end.durationMs).toBeLessThan(AMPLE_MS);
  });

  it('takes along what it started in another process group', async () => {
    const program = `require('node:child_process').spawn('sleep', ['300'], { detached: true, stdio: 'inherit' })`;
    const end = await runCommand(`node -e "${program}"`, { deadlineMs: 1_000 });
    expect(end.output).toContain('ended after 1 s');
    expect(end.durationMs).toBeLessThan(AMPLE_MS);
  });
});
