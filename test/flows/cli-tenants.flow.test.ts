import { beforeAll, describe, expect, inject, it } from 'vitest';
import { apiKeyList, createdApiKey } from '../../contract/api-keys.ts';
import {
  createdTenant,
  routingTestResult,
  tenantList,
  updatedTenant,
  usageList,
  type CreatedTenant,
} from '../../contract/api.ts';
import { auditList } from '../../contract/audit.ts';
import { errorBody } from '../../contract/errors.ts';
import { hostnameList, movedHostname } from '../../contract/hostnames.ts';
import { SYSTEM_TENANT_ID } from '../../contract/ids.ts';
import { createdInvite, inviteList, memberList, signInList } from '../../contract/members.ts';
import { noticeList } from '../../contract/notices.ts';
import { operatorList } from '../../contract/operators.ts';
import {
  activePolicyView,
  policyActivation,
  policyDiff,
  policyList,
  routeExplanation,
} from '../../contract/routing.ts';
import { TIER_CONFIG } from '../../contract/tiers.ts';
import { usageReport } from '../../contract/usage-report.ts';
import { ask } from '../support/loopback.ts';
import { MemberClient } from '../support/member.ts';
import { runSkclaw, skclawData, type Ran } from '../support/skclaw.ts';

const LLAMA = '@cf/meta/llama-3.3-70b-instruct-fp8-fast';
const RETIRED = '@cf/meta/llama-3.1-8b-instruct';

describe('skclaw for tenants, policies, people and books', () => {
  const { url } = inject('system');
  const run = (...args: string[]): Promise<Ran> => runSkclaw(url, args);
  const data = (...args: string[]): Promise<unknown> => skclawData(url, args);
  const codeOf = ({ stderr }: Ran): string =>
    errorBody.parse(JSON.parse(stderr.trimEnd().split('\n').at(-1) ?? '')).error.code;

  let tenant: CreatedTenant;
  let slug: string;
  const on = (): string[] => ['--tenant-id', slug];

  beforeAll(async () => {
    const create = 'tenant create --platform streamkinetics.com --tier premium';
    tenant = createdTenant.parse(await data(...create.split(' ')));
    ({ slug } = tenant);
  });

  it('changes tier and limits, and gives a limit back', async () => {
    const update = ['tenant', 'update', slug, '--tier', 'free', '--limits'];
    const own = updatedTenant.parse(await data(...update, 'maxSessions=7,maxSchedules=1'));
    expect(own).toMatchObject({ tier: 'free', limits: { maxSessions: 7, maxSchedules: 1 } });
    const back = ['tenant', 'update', ...on(), '--limits', 'maxSessions=default'];
    const given = updatedTenant.parse(await data(...back));
    expect(given.limits).toEqual({ maxSchedules: 1 });
    expect(given.effectiveLimits.maxSessions).toBe(TIER_CONFIG.free.limits.maxSessions);
    const wrong = await run('tenant', 'update', slug, '--limits', 'maxSesions=7');
    expect([wrong.code, codeOf(wrong)]).toEqual([1, 'invalid_usage']);
  });

  it('suspends, lists by status and resumes', async () => {
    const suspend = ['tenant', 'suspend', slug, '--reason', 'not paid'];
    expect(await data(...suspend)).toMatchObject({ status: 'suspended', pending: false });
    const list = ['tenant', 'list', '--query', slug, '--status'];
    expect(tenantList.parse(await data(...list, 'suspended')).tenants).toHaveLength(1);
    expect(tenantList.parse(await data(...list, 'active')).tenants).toEqual([]);
    expect(await data('tenant', 'resume', ...on())).toMatchObject({ status: 'active' });
  });

  it('routes the charter’s way: set, nothing twice, versions, diff, dry run, back again', async () => {
    const before = activePolicyView.parse(await data('routing', 'list'));
    const set = ['routing', 'set', '--tier', 'premium', '--model', LLAMA];
    const first = await run(...set);
    expect(first.code).toBe(0);
    const made = JSON.parse(first.stdout) as { changed: boolean; version: number };
    expect(made).toMatchObject({ changed: true, active: true, rule: { maxOutputTokens: 4_000 } });
    expect(first.stderr).toMatch(/^warning: .*24000 tokens/m);
    expect(first.stderr).toMatch(/^Policy \d+ is in force within 60 s\.$/m);
    const again = await run(...set);
    expect(JSON.parse(again.stdout)).toMatchObject({ changed: false, version: made.version });
    expect(again.stderr).toContain('Nothing to change');

    const { policies } = policyList.parse(await data('routing', 'versions', '--limit', '1'));
    expect(policies).toMatchObject([{ version: made.version, active: true, author: 'local' }]);
    const versions = [String(before.version), String(made.version)];
    const diff = policyDiff.parse(await data('routing', 'diff', ...versions));
    expect(diff.changed).toMatchObject([{ description: 'tier premium, workload chat' }]);

    const dry = 'routing test --tier premium --dry-run'.split(' ');
    const way = routeExplanation.parse(await data(...dry));
    expect(way).toMatchObject({ ok: true, route: { model: LLAMA, policyVersion: made.version } });
    const back = await data('routing', 'activate', String(before.version));
    expect(policyActivation.parse(back)).toMatchObject({ version: before.version });
    expect(routeExplanation.parse(await data(...dry))).not.toMatchObject({
      route: { model: LLAMA },
    });

    const stored = await run(...set, '--no-activate');
    expect(stored.stderr).toContain(`Policy ${made.version} was stored but is not in force`);
    expect(JSON.parse(stored.stdout)).toMatchObject({ active: false });
    const retired = await run('routing', 'set', '--tier', 'free', '--model', RETIRED);
    expect(retired.code).toBe(1);
    expect(retired.stderr).toContain('Use @cf/zai-org/glm-4.7-flash.');
    const real = await data('routing', 'test', '--tier', 'premium');
    expect(routingTestResult.parse(real).model).toMatch(/^@cf\//);
  });

  it('says conflict when another operator was faster, and overwrites nothing', async () => {
    const models = ['@cf/openai/gpt-oss-20b', '@cf/openai/gpt-oss-120b'];
    const set = [
      'routing',
      'set',
      '--tier',
      'enterprise',
      '--workload',
      'monitor',
      '--no-activate',
    ];
    const newestOf = async (): Promise<number> =>
      policyList.parse(await data('routing', 'versions')).policies[0]?.version ?? 0;
    const before = await newestOf();
    const both = await Promise.all(models.map((model) => run(...set, '--model', model)));
    const stored = both.filter(({ code }) => code === 0);
    for (const late of both.filter(({ code }) => code !== 0)) {
      expect([late.code, codeOf(late)]).toEqual([1, 'conflict']);
    }
    expect(await newestOf()).toBe(before + stored.length);
  });

  it('invites, lists, changes, signs out and removes people', async () => {
    const invite = ['member', 'invite', ...on(), '--expires-in', '1h'];
    const made = await run(...invite);
    expect(made.stderr).toContain('works once');
    const { url: link } = createdInvite.parse(JSON.parse(made.stdout));
    const ann = await MemberClient.join(link, 'Ann');
    const { members } = memberList.parse(await data('member', 'list', ...on()));
    expect(members).toMatchObject([{ name: 'Ann', role: 'user', signIns: 1 }]);
    const [{ id } = { id: '' }] = members;
    await data('member', 'update', id, ...on(), '--name', 'Anna');
    const { signIns } = signInList.parse(await data('member', 'sign-ins', ...on()));
    expect(signIns).toMatchObject([{ memberId: id, state: 'active' }]);
    await data('member', 'sign-out', '--all', ...on(), '--yes');
    const left = await ask(`${ann.origin}/api/me`, {
      headers: { origin: ann.origin, cookie: ann.cookie },
    });
    expect(left.status).toBe(401);

    const other = createdInvite.parse(await data(...invite));
    const unsure = await run('member', 'revoke-invite', other.id, ...on());
    expect([unsure.code, codeOf(unsure)]).toEqual([1, 'confirmation_required']);
    await data('member', 'revoke-invite', other.id, ...on(), '--yes');
    const { invites } = inviteList.parse(await data('member', 'invites', ...on()));
    expect(invites.find((one) => one.id === other.id)).toMatchObject({ state: 'revoked' });
    const removed = await data('member', 'remove', id, ...on(), '--yes');
    expect(removed).toMatchObject({ name: 'Anna', state: 'removed', signIns: 0 });
  });

  it('makes a key that works until it is revoked', async () => {
    const create = ['key', 'create', ...on(), '--name', 'ci', '--workloads', 'chat'];
    const made = await run(...create, '--expires-in', '1d');
    expect(made.stderr).toContain('not shown again');
    const { id, key } = createdApiKey.parse(JSON.parse(made.stdout));
    const authorization = `Bearer ${key}`;
    const models = () => ask(`${url}/t/${slug}/v1/models`, { headers: { authorization } });
    expect((await models()).status).toBe(200);
    const listed = await run('key', 'list', ...on());
    expect(apiKeyList.parse(JSON.parse(listed.stdout)).keys).toMatchObject([{ id, name: 'ci' }]);
    expect(listed.stdout).not.toContain(key);
    await data('key', 'revoke', id, ...on(), '--yes');
    expect((await models()).status).toBe(401);
  });

  it('gives, moves and takes a hostname', async () => {
    const host = `chat.${slug}.example.com`;
    const create = 'tenant create --platform streamkinetics.com --tier free';
    const heir = createdTenant.parse(await data(...create.split(' ')));
    const namesOf = async (of: string): Promise<string[]> => {
      const list = hostnameList.parse(await data('hostname', 'list', '--tenant-id', of));
      return list.hostnames.map(({ hostname }) => hostname);
    };
    expect(await data('hostname', 'add', host, ...on())).toMatchObject({ pending: false });
    expect(await namesOf(slug)).toContain(host);
    const move = ['hostname', 'move', host, ...on(), '--to', heir.slug];
    expect(codeOf(await run(...move))).toBe('confirmation_required');
    expect(movedHostname.parse(await data(...move, '--yes')).pending).toBe(false);
    expect([await namesOf(slug), await namesOf(heir.slug)]).toEqual([
      [tenant.hostname],
      expect.arrayContaining([host]),
    ]);
    await data('hostname', 'remove', host, '--tenant-id', heir.slug, '--yes');
    expect(await namesOf(heir.slug)).toEqual([heir.hostname]);
    await data('tenant', 'delete', heir.id, '--confirm', heir.slug, '--wait');
  });

  it('adds, changes and removes an operator', async () => {
    const ada = `ada-${slug}@example.com`;
    await data('operator', 'add', ada, '--role', 'viewer');
    await data('operator', 'update', ada, '--role', 'maintainer');
    const find = async (): Promise<object | undefined> =>
      operatorList
        .parse(await data('operator', 'list'))
        .operators.find(({ subject }) => subject === ada);
    expect(await find()).toMatchObject({ kind: 'person', role: 'maintainer' });
    const twice = await run('operator', 'add', ada, '--role', 'admin');
    expect([twice.code, codeOf(twice)]).toEqual([1, 'conflict']);
    await data('operator', 'remove', ada, '--yes');
    expect(await find()).toBeUndefined();
  });

  it('shows what was used, as sums and as rows', async () => {
    const report = usageReport.parse(await data('usage', '--by', 'tenant'));
    expect(report.by).toBe('tenant');
    const own = usageReport.parse(await data('usage', ...on(), '--by', 'model'));
    expect([own.groups, own.system]).toEqual([[], null]);
    const rows = await data('usage', '--tenant-id', SYSTEM_TENANT_ID, '--rows', '--limit', '1');
    expect(usageList.parse(rows).rows.length).toBeLessThanOrEqual(1);
    const table = await run('usage', '--format', 'table');
    expect(table.stdout).toMatch(/^total +\d+ .*\$\d/m);
  });

  it('deletes the tenant only by its name typed, and has each change in the audit', async () => {
    const wrong = await run('tenant', 'delete', slug, '--confirm', 'other');
    expect([wrong.code, codeOf(wrong)]).toEqual([1, 'confirmation_required']);
    const gone = await data('tenant', 'delete', slug, '--confirm', slug, '--wait');
    expect(gone).toMatchObject({ id: tenant.id, status: 'deleted', pending: false });
    expect((await run('tenant', 'get', slug)).code).toBe(1);

    const ofTenant = await data('audit', '--tenant-id', tenant.id, '--limit', '200');
    const { entries } = auditList.parse(ofTenant);
    expect([...entries].toSorted((a, b) => b.at - a.at).map(({ at }) => at)).toEqual(
      entries.map(({ at }) => at),
    );
    const actions = entries.filter(({ actor }) => actor === 'local').map(({ action }) => action);
    expect(actions).toEqual(
      expect.arrayContaining([
        'tenant.create',
        'tenant.update',
        'tenant.suspend',
        'tenant.resume',
        'tenant.delete',
        'invite.create',
        'invite.revoke',
        'member.update',
        'member.remove',
        'sign-in.revoke',
        'key.create',
        'key.revoke',
        'hostname.add',
        'hostname.move',
      ]),
    );
    for (const action of ['policy.create', 'policy.activate', 'operator.add', 'operator.remove']) {
      const [entry] = auditList.parse(await data('audit', '--action', action)).entries;
      expect(entry).toMatchObject({ action, actor: 'local', requestId: expect.any(String) });
    }
    const { entries: paged, cursor } = auditList.parse(await data('audit', '--limit', '1'));
    const next = auditList.parse(await data('audit', '--limit', '1', '--cursor', cursor ?? ''));
    expect(next.entries[0]?.id).not.toBe(paged[0]?.id);
  });

  it('lists are valid JSON when empty', async () => {
    const create = 'tenant create --platform streamkinetics.com --tier free';
    const fresh = createdTenant.parse(await data(...create.split(' ')));
    const of = ['--tenant-id', fresh.id];
    expect(await data('member', 'list', ...of)).toEqual({ members: [] });
    expect(await data('member', 'sign-ins', ...of)).toEqual({ signIns: [] });
    expect(await data('key', 'list', ...of)).toEqual({ keys: [] });
    const none = ['--query', 'no-such-thing-anywhere'];
    expect(await data('tenant', 'list', ...none)).toEqual({ tenants: [], cursor: null });
    expect(await data('audit', ...none)).toEqual({ entries: [], cursor: null });
    expect(await data('usage', ...of, '--rows')).toMatchObject({ rows: [], cursor: null });
    noticeList.parse(await data('notice', 'list'));
    await data('tenant', 'delete', fresh.id, '--confirm', fresh.slug);
  });
});
