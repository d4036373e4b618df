import type { z } from 'zod';
import type { OperatorView } from '../../contract/api.ts';
import {
  addOperatorBody,
  changeOperatorBody,
  type operatorList,
} from '../../contract/operators.ts';
import { operatorOf } from '../audit.ts';
import { addOperator, changeOperator, readOperators, removeOperator } from '../change-operators.ts';
import { paramOf, type EdgeContext } from '../context.ts';
import { platformsOf } from '../env.ts';
import { readBody } from '../read-body.ts';
import type { RouteSpec } from '../route.ts';

const OPERATORS = '/admin/api/operators';

/** The subject that the path names; e-mails are compared in lower case. */
function subjectOf(c: EdgeContext): string {
  const subject = paramOf(c, 'subject');
  return subject.includes('@') ? subject.toLowerCase() : subject;
}

/** Who operates the system, and as what. */
export const operatorRoutes: readonly RouteSpec[] = [
  {
    // Who the system takes the caller for.
    method: 'GET',
    path: '/admin/api/me',
    on: ['system'],
    action: 'operator.me',
    handle(c) {
      const { subject, role, via } = operatorOf(c);
      const platforms = platformsOf(c.env);
      const view: OperatorView = { subject, role, kind: via, platforms };
      return c.json(view);
    },
  },
  {
    method: 'GET',
    path: OPERATORS,
    on: ['system'],
    action: 'operator.list',
    async handle(c) {
      const list: z.infer<typeof operatorList> = { operators: await readOperators(c) };
      return c.json(list);
    },
  },
  {
    method: 'POST',
    path: OPERATORS,
    on: ['system'],
    action: 'operator.write',
    async handle(c) {
      return c.json(await addOperator(c, await readBody(c.req.raw, addOperatorBody)), 201);
    },
  },
  {
    method: 'PATCH',
    path: `${OPERATORS}/:subject`,
    on: ['system'],
    action: 'operator.write',
    async handle(c) {
      const { role } = await readBody(c.req.raw, changeOperatorBody);
      return c.json(await changeOperator(c, subjectOf(c), role));
    },
  },
  {
    method: 'DELETE',
    path: `${OPERATORS}/:subject`,
    on: ['system'],
    action: 'operator.write',
    async handle(c) {
      await removeOperator(c, subjectOf(c));
      return c.body(null, 204);
    },
  },
];
