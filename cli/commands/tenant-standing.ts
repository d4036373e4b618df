import { z } from 'zod';
import { suspendTenantBody, tenantView, updatedTenant } from '../../contract/api.ts';
import { AppError } from '../../contract/errors.ts';
import { tenantPath } from '../client.ts';
import { defineCommand, type Command, type CommandContext } from '../command.ts';
import { confirmByName } from '../confirm.ts';
import { FLAGS, namedTenant, namesOneTenant, ONE_TENANT, tenantShape } from '../options.ts';
import { changedTenant, oneTenant } from '../tenant-answer.ts';

/** Pause between two looks at a tenant that is being erased, ms. */
const ERASED_POLL_MS = 2_000;
/** Looks at it, at most: ten minutes. Cron goes on with an erasure every few minutes. */
const MAX_ERASED_POLLS = 300;

const suspend = defineCommand({
  name: 'tenant suspend',
  args: '[id]',
  summary: 'Suspend a tenant: its agent saves itself, and nobody gets in until it is resumed',
  flags: [FLAGS.tenantId, { flag: '--reason <text>', summary: 'Why, for the audit' }],
  examples: ['tenant suspend acme --reason unpaid', 'tenant suspend --tenant-id acme'],
  input: z
    .object({ ...tenantShape, reason: suspendTenantBody.shape.reason })
    .refine(namesOneTenant, ONE_TENANT),
  run: async ({ id, tenantId, reason }, context) => {
    const client = await context.client();
    const path = tenantPath(namedTenant({ id, tenantId }), '/suspend');
    const asked = { method: 'POST', path, body: { reason } } as const;
    return changedTenant(await client.request({ ...asked, answer: updatedTenant }), context);
  },
});

const resume = defineCommand({
  name: 'tenant resume',
  args: '[id]',
  summary: 'End a suspension: members come back with the sign-ins they had',
  flags: [FLAGS.tenantId],
  examples: ['tenant resume acme'],
  input: z.object(tenantShape).refine(namesOneTenant, ONE_TENANT),
  run: async (input, context) => {
    const client = await context.client();
    const path = tenantPath(namedTenant(input), '/resume');
    const asked = { method: 'POST', path } as const;
    return changedTenant(await client.request({ ...asked, answer: updatedTenant }), context);
  },
});

type Going = z.infer<typeof updatedTenant>;

/** Looks at a tenant until nothing of it is left but the books, or MAX_ERASED_POLLS are over. */
async function waitUntilErased(tenant: Going, context: CommandContext): Promise<Going> {
  const client = await context.client();
  const path = tenantPath(tenant.id);
  let seen = tenant;
  for (let polls = 0; seen.pending && polls < MAX_ERASED_POLLS; polls += 1) {
    await context.io.sleep(ERASED_POLL_MS);
    const now = await client.request({ path, answer: tenantView });
    seen = { ...now, pending: now.status !== 'deleted' };
  }
  return seen;
}

const remove = defineCommand({
  name: 'tenant delete',
  args: '[id]',
  summary: 'Delete a tenant for good: sessions, snapshots, members, keys; its usage stays booked',
  flags: [
    FLAGS.tenantId,
    { flag: '--confirm <slug>', summary: 'The tenant’s slug, typed again' },
    FLAGS.wait,
  ],
  examples: ['tenant delete acme --confirm acme', 'tenant delete acme --confirm acme --wait'],
  input: z
    .object({ ...tenantShape, confirm: z.string().optional(), wait: z.boolean().default(false) })
    .refine(namesOneTenant, ONE_TENANT),
  run: async ({ id, tenantId, confirm: typed, wait }, context) => {
    const client = await context.client();
    const path = tenantPath(namedTenant({ id, tenantId }));
    const { id: found, slug, platform } = await client.request({ path, answer: tenantView });
    const what = `Delete ${slug} of ${platform}, all of it and for good`;
    await confirmByName(context.io, { what, name: slug, typed });
    const marked = await client.request({
      method: 'DELETE',
      // The one that was confirmed, whatever the slug means by now.
      path: tenantPath(found),
      body: { slug },
      answer: updatedTenant,
    });
    if (!marked.pending) return oneTenant(marked);
    if (!wait) {
      context.progress.note(
        `${slug} is gone for everybody; erasing it goes on by itself: skclaw tenant get ${found}`,
      );
      return oneTenant(marked);
    }
    const erased = await context.progress.step(`Erasing ${slug}`, () =>
      waitUntilErased(marked, context),
    );
    if (!erased.pending) return oneTenant(erased);
    const failure = new AppError('upstream_timeout', `${slug} is still being erased.`, {
      hint: `It goes on by itself; look with skclaw tenant get ${found}.`,
    });
    return { ...oneTenant(erased), failure };
  },
});

export const tenantStandingCommands: Command[] = [suspend, resume, remove];
