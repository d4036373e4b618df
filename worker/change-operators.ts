import { AppError } from '../contract/errors.ts';
import type { AddOperatorBody, OperatorEntry } from '../contract/operators.ts';
import {
  deleteOperator,
  insertOperator,
  listOperators,
  operatorBySubject,
  setOperatorRole,
  type OperatorRole,
  type OperatorRow,
} from '../db/queries/operators.ts';
import { auditEntry, operatorOf } from './audit.ts';
import { dbOf, type EdgeContext } from './context.ts';
import { listedAdmins } from './operator.ts';

/** Operators that are stored at most: people and machines who run one system. */
const MAX_OPERATORS = 500;

const isListed = (c: EdgeContext, subject: string): boolean =>
  listedAdmins(c.env).some((admin) => admin.subject === subject);

/** Throws conflict for who is admin by the configuration, whatever is stored. */
function refuseListed(c: EdgeContext, subject: string): void {
  if (!isListed(c, subject)) return;
  throw new AppError('conflict', `${subject} is an admin by the configuration.`, {
    hint: 'Change ACCESS_ADMINS and deploy.',
  });
}

/** Whether the system has admins that need no row: those of the configuration, or this machine's. */
function hasOtherAdmins(c: EdgeContext): boolean {
  return listedAdmins(c.env).length > 0 || operatorOf(c).via === 'local';
}

const entryOf = ({ subject, kind, role, createdBy, createdAt }: OperatorRow): OperatorEntry => ({
  subject,
  kind,
  role,
  source: 'stored',
  createdBy,
  createdAt,
});

/** All operators. Who is in the configuration is listed as that only. */
export async function readOperators(c: EdgeContext): Promise<OperatorEntry[]> {
  const listed = listedAdmins(c.env).map((admin): OperatorEntry => {
    return { ...admin, role: 'admin', source: 'config', createdBy: null, createdAt: null };
  });
  const stored = await listOperators(dbOf(c), MAX_OPERATORS);
  return [...listed, ...stored.filter(({ subject }) => !isListed(c, subject)).map(entryOf)];
}

/** Stores an operator. Throws conflict for one that is there, and limit_reached. */
export async function addOperator(c: EdgeContext, body: AddOperatorBody): Promise<OperatorEntry> {
  const { subject } = body;
  refuseListed(c, subject);
  const db = dbOf(c);
  const refuseKnown = async (cause?: unknown): Promise<void> => {
    if (!(await operatorBySubject(db, subject))) return;
    const hint = 'Change its role instead.';
    throw new AppError('conflict', `${subject} is an operator already.`, { hint, cause });
  };
  await refuseKnown();
  if ((await listOperators(db, MAX_OPERATORS)).length >= MAX_OPERATORS) {
    throw new AppError('limit_reached', `There are at most ${MAX_OPERATORS} operators.`);
  }
  const row = { ...body, createdBy: operatorOf(c).subject, createdAt: c.var.deps.now() };
  const { kind, role } = body;
  const entry = auditEntry(c, {
    action: 'operator.add',
    target: `operator:${subject}`,
    tenantId: null,
    after: { kind, role },
  });
  try {
    await insertOperator(db, { row, entry });
  } catch (cause) {
    // Someone else may have added it since it was looked up.
    await refuseKnown(cause);
    throw cause;
  }
  return entryOf(row);
}

async function findOperator(c: EdgeContext, subject: string): Promise<OperatorRow> {
  refuseListed(c, subject);
  const row = await operatorBySubject(dbOf(c), subject);
  if (!row) throw new AppError('not_found', 'There is no such operator.');
  return row;
}

/** Why a change was not made: nobody would be left to undo it, or someone else was faster. */
async function refusal(c: EdgeContext, before: OperatorRow): Promise<AppError> {
  const row = await operatorBySubject(dbOf(c), before.subject);
  if (row?.role !== before.role) {
    return new AppError('conflict', 'The operator was changed by someone else.');
  }
  return new AppError('conflict', `${before.subject} is the last admin.`, {
    hint: 'Make someone else an admin first.',
  });
}

/** Gives an operator another role; it holds at the next request. Throws not_found and conflict. */
export async function changeOperator(
  c: EdgeContext,
  subject: string,
  role: OperatorRole,
): Promise<OperatorEntry> {
  const before = await findOperator(c, subject);
  if (before.role === role) return entryOf(before);
  const entry = auditEntry(c, {
    action: 'operator.change',
    target: `operator:${subject}`,
    tenantId: null,
    before: { kind: before.kind, role: before.role },
    after: { kind: before.kind, role },
  });
  const change = { before, hasOtherAdmins: hasOtherAdmins(c), entry, role };
  if (!(await setOperatorRole(dbOf(c), change))) throw await refusal(c, before);
  return entryOf({ ...before, role });
}

/** Removes an operator; it holds at the next request. Throws not_found and conflict. */
export async function removeOperator(c: EdgeContext, subject: string): Promise<void> {
  const before = await findOperator(c, subject);
  const entry = auditEntry(c, {
    action: 'operator.remove',
    target: `operator:${subject}`,
    tenantId: null,
    before: { kind: before.kind, role: before.role },
  });
  const change = { before, hasOtherAdmins: hasOtherAdmins(c), entry };
  if (!(await deleteOperator(dbOf(c), change))) throw await refusal(c, before);
}
