import { describe, expect, inject, it } from 'vitest';
import { HSTS } from '../../worker/own-headers.ts';
import { newTenant } from '../support/agents.ts';
import { ask } from '../support/loopback.ts';
import { MemberClient } from '../support/member.ts';
import { gradePage, TOP_GRADE } from '../observatory.ts';

describe('pages as they are built', () => {
  const { url } = inject('system');

  async function page(address: string, cookie?: string) {
    const answer = await ask(address, cookie === undefined ? {} : { headers: { cookie } });
    // The edge says it over https only, which this machine has none of.
    const headers = new Headers({ 'strict-transport-security': HSTS });
    for (const [name, value] of Object.entries(answer.headers)) {
      for (const one of [value ?? []].flat()) headers.append(name, one);
    }
    return { status: answer.status, headers, html: answer.text };
  }

  it('get an A+ of the observatory, and bring no script that their policy does not know', async () => {
    const tenant = await newTenant(url);
    const { cookie } = await MemberClient.join(tenant.invite?.url ?? '', 'Ada');
    const addresses: [string, string?][] = [
      [`${url}/`],
      [`${url}/sign-in`],
      [`${url}/status`],
      [`${url}/admin`],
      [`${tenant.url}/chat`, cookie],
      [`${tenant.url}/settings/members`, cookie],
      [`${tenant.url}/join/not-an-invite`],
    ];
    for (const [address, sent] of addresses) {
      const { headers, html } = await page(address, sent);
      const graded = gradePage({ url: address.replace('http:', 'https:'), headers, html });
      expect([address, graded.points, graded.score >= TOP_GRADE]).toEqual([
        address,
        graded.points,
        true,
      ]);
      const policy = headers.get('content-security-policy') ?? '';
      for (const [tag] of html.matchAll(/<script(?![^>]*\ssrc=)[^>]*>/g)) {
        // Data that no browser runs.
        if (tag.includes('type="application/json"')) continue;
        const nonce = /nonce="([^"]+)"/.exec(tag)?.[1] ?? 'none at all';
        expect(policy).toContain(`'nonce-${nonce}'`);
      }
      expect(html).not.toMatch(/<[^>]+\son[a-z]+=/);
    }
  });

  it('load files that are protected where the Worker does not see them', async () => {
    const tenant = await newTenant(url);
    const { html } = await page(`${tenant.url}/join/not-an-invite`);
    const file = /\/_app\/immutable\/[^"']+\.js/.exec(html)?.[0] ?? '';
    const { status, headers } = await page(tenant.url + file);
    expect([file, status]).toEqual([file, 200]);
    expect(Object.fromEntries(headers)).toMatchObject({
      'x-content-type-options': 'nosniff',
      'cross-origin-resource-policy': 'same-origin',
      'referrer-policy': 'no-referrer',
      'cache-control': 'public, immutable, max-age=31536000',
    });
  });
});
