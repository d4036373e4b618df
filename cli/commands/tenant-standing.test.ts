import { describe, expect, test } from 'vitest';
import { TENANT, TENANT_ID } from '../testing/answers.ts';
import { skclaw, startSystem, type Scripted } from '../testing/harness.ts';

const changed = { ...TENANT, pending: false };
const refused = (status: number, code: string): Scripted => ({
  status,
  body: { error: { code, message: `It is ${code}.` } },
});

describe('tenant suspend and resume', () => {
  test.each([
    [['suspend', 'acme'], '/suspend', {}],
    [['suspend', '--tenant-id', 'acme'], '/suspend', {}],
    [['suspend', 'acme', '--reason', 'not paid'], '/suspend', { reason: 'not paid' }],
    [['resume', 'acme'], '/resume', undefined],
    [['resume', '--tenant-id', 'acme'], '/resume', undefined],
  ])('%j posts it and prints the tenant', async (argv, path, body) => {
    const system = await startSystem({ body: changed });
    const ran = await skclaw(['tenant', ...argv], { env: { SKCLAW_URL: system.url } });
    expect(ran).toMatchObject({ code: 0, stderr: '' });
    expect(ran.data()).toEqual(changed);
    expect(system.received).toMatchObject([
      { method: 'POST', url: `/admin/api/tenants/acme${path}` },
    ]);
    expect(system.received[0]?.body).toEqual(body);
  });

  test.each(['suspend', 'resume'])('%s says when its agent has still to follow', async (action) => {
    const system = await startSystem({ status: 202, body: { ...changed, pending: true } });
    const ran = await skclaw(['tenant', action, 'acme'], { env: { SKCLAW_URL: system.url } });
    expect(ran.code).toBe(0);
    expect(ran.data()).toMatchObject({ pending: true });
    expect(ran.stderr).toContain('has not taken it yet');
  });

  test.each([
    [refused(403, 'forbidden'), 2],
    [refused(404, 'tenant_not_found'), 1],
    [refused(409, 'conflict'), 1],
    [refused(410, 'tenant_deleted'), 1],
    [refused(503, 'agent_unavailable'), 3],
  ])('%j ends with its exit code', async (answer, code) => {
    for (const action of ['suspend', 'resume']) {
      const system = await startSystem(answer);
      const ran = await skclaw(['tenant', action, 'acme'], { env: { SKCLAW_URL: system.url } });
      expect(ran).toMatchObject({ code, stdout: '' });
      // A change is never sent twice.
      expect(system.received).toHaveLength(1);
    }
  });

  test.each([
    [['tenant', 'suspend'], 'Name one tenant'],
    [['tenant', 'resume', 'acme', '--tenant-id', 'other'], 'Name one tenant'],
    [['tenant', 'suspend', 'acme', '--reason', ''], '--reason: Too small'],
    [['tenant', 'resume', 'acme', '--reason', 'x'], 'There is no option --reason'],
  ])('refuses %j', async (argv, message) => {
    const ran = await skclaw(argv);
    expect(ran).toMatchObject({ code: 1, stdout: '' });
    expect(ran.error().message).toContain(message);
  });
});

describe('tenant delete', () => {
  const gone = { ...changed, status: 'deleted', deletedAt: 5 };
  const going = { ...changed, status: 'deleting', pending: true };

  async function remove(argv: string[], answers: Scripted[], typed?: string) {
    const system = await startSystem(...answers);
    const questions: string[] = [];
    const pauses: number[] = [];
    const ran = await skclaw(['tenant', 'delete', ...argv], {
      env: { SKCLAW_URL: system.url },
      sleep: (ms) => Promise.resolve(void pauses.push(ms)),
      ...(typed !== undefined && {
        ask: (question) => Promise.resolve((questions.push(question), typed)),
      }),
    });
    return { ...ran, received: system.received, questions, pauses };
  }

  test.each([[['acme']], [['--tenant-id', TENANT_ID]]])(
    '%j takes the slug as its confirmation and deletes by id',
    async (named) => {
      const ran = await remove([...named, '--confirm', 'acme'], [{ body: TENANT }, { body: gone }]);
      expect(ran).toMatchObject({ code: 0, stderr: '' });
      expect(ran.data()).toMatchObject({ status: 'deleted', pending: false });
      expect(ran.received).toMatchObject([
        { method: 'GET', url: `/admin/api/tenants/${named.at(-1)}` },
        { method: 'DELETE', url: `/admin/api/tenants/${TENANT_ID}`, body: { slug: 'acme' } },
      ]);
    },
  );

  test('asks a person to type the slug', async () => {
    const ran = await remove(['acme'], [{ body: TENANT }, { body: gone }], 'acme');
    expect(ran.code).toBe(0);
    expect(ran.questions).toEqual([
      'Delete acme of streamkinetics.com, all of it and for good. Type acme to go on: ',
    ]);
  });

  test.each([
    ['a wrong name given', ['acme', '--confirm', 'acm'], undefined, 'acme was not typed'],
    ['the id in place of the slug', ['acme', '--confirm', TENANT_ID], undefined, 'was not typed'],
    ['a wrong name typed', ['acme'], 'yes', 'acme was not typed'],
    ['nobody there to ask', ['acme'], undefined, 'its name was not typed'],
  ])('deletes nothing with %s', async (_, argv, typed, message) => {
    const ran = await remove(argv, [{ body: TENANT }], typed);
    expect(ran).toMatchObject({ code: 1, stdout: '' });
    expect(ran.error()).toMatchObject({ code: 'confirmation_required' });
    expect(ran.error().message).toContain(message);
    expect(ran.received.map(({ method }) => method)).toEqual(['GET']);
  });

  test('--yes is no confirmation for what can’t be brought back', async () => {
    expect((await remove(['acme', '--yes'], [{ body: TENANT }])).error().message).toContain(
      '--yes',
    );
  });

  test('says when erasing goes on, and where to look', async () => {
    const answers = [{ body: TENANT }, { status: 202, body: going }];
    const ran = await remove(['acme', '--confirm', 'acme'], answers);
    expect(ran.code).toBe(0);
    expect(ran.data()).toMatchObject({ status: 'deleting', pending: true });
    expect(ran.stderr).toContain(`skclaw tenant get ${TENANT_ID}`);
    expect(ran.received).toHaveLength(2);
  });

  test('--wait looks by id until nothing is left', async () => {
    const ran = await remove(
      ['acme', '--confirm', 'acme', '--wait'],
      [{ body: TENANT }, { status: 202, body: going }, { body: going }, { body: gone }],
    );
    expect(ran.code).toBe(0);
    expect(ran.data()).toMatchObject({ status: 'deleted', pending: false });
    expect(ran.pauses).toEqual([2_000, 2_000]);
    expect(ran.received.slice(2)).toMatchObject([
      { method: 'GET', url: `/admin/api/tenants/${TENANT_ID}` },
      { method: 'GET', url: `/admin/api/tenants/${TENANT_ID}` },
    ]);
  });

  test('--wait gives up after ten minutes with what it knows, exit 3', async () => {
    const ran = await remove(
      ['acme', '--confirm', 'acme', '--wait'],
      [{ body: TENANT }, { status: 202, body: going }],
    );
    expect(ran.code).toBe(3);
    expect(ran.data()).toMatchObject({ status: 'deleting', pending: true });
    expect(ran.error()).toMatchObject({ code: 'upstream_timeout' });
    expect(ran.pauses.reduce((sum, ms) => sum + ms, 0)).toBe(600_000);
  });

  test.each([
    [[refused(404, 'tenant_not_found')], 1],
    [[{ body: TENANT }, refused(403, 'forbidden')], 2],
    [[{ body: TENANT }, refused(400, 'invalid_request')], 1],
    [[{ body: TENANT }, refused(500, 'internal')], 3],
  ])('%j ends with its exit code', async (answers, code) => {
    const ran = await remove(['acme', '--confirm', 'acme'], answers);
    expect(ran).toMatchObject({ code, stdout: '' });
  });
});
