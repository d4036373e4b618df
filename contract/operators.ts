import { z } from 'zod';

const operatorRole = z.enum(['viewer', 'maintainer', 'admin']);
const operatorKind = z.enum(['person', 'service']);

const role = operatorRole;
/** A person by e-mail, in lower case as it is compared. */
const email = z.string().trim().toLowerCase().max(320).pipe(z.email());
/** A service token by its client id, which has no @: nobody is taken for another kind. */
const clientId = z
  .string()
  .trim()
  .regex(/^[^\s,@]{3,320}$/, 'must be a client id of Access');

export const addOperatorBody = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('person'), subject: email, role }),
  z.strictObject({ kind: z.literal('service'), subject: clientId, role }),
]);
export type AddOperatorBody = z.infer<typeof addOperatorBody>;

export const changeOperatorBody = z.strictObject({ role });

export const operatorEntry = z.object({
  subject: z.string(),
  kind: operatorKind,
  role,
  /** `config`: named in ACCESS_ADMINS, so an admin as long as it is there. */
  source: z.enum(['config', 'stored']),
  /** Who added it, and when (UTC ms); null for one of the configuration. */
  createdBy: z.string().nullable(),
  createdAt: z.number().int().nullable(),
});
export type OperatorEntry = z.infer<typeof operatorEntry>;

/** From `GET /admin/api/operators`: those of the configuration first, then by subject. */
export const operatorList = z.object({ operators: z.array(operatorEntry) });
