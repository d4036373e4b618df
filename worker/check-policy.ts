import { policyProblems, type Policy, type PolicyProblem } from '../contract/policy.ts';
import { platformsOf } from './env.ts';

/** Lines of problems in one error: enough to see what is wrong. */
const MAX_PROBLEM_LINES = 100;

export interface CheckedRules {
  problems: PolicyProblem[];
  /** The messages of its warnings. */
  warnings: string[];
  /** A line per problem, where one is an error; null for rules that may be in force. */
  errorLines: string[] | null;
}

/** Checks rules against the catalog of today and the platforms of the system. */
export function checkRules(env: { PLATFORMS: string }, policy: Policy): CheckedRules {
  const problems = policyProblems(policy, platformsOf(env));
  const of = (severity: PolicyProblem['severity']): string[] =>
    problems.filter((problem) => problem.severity === severity).map(({ message }) => message);
  const errors = of('error');
  const warnings = of('warning');
  const lines = [...errors, ...warnings.map((message) => `warning: ${message}`)];
  const rest = lines.length - MAX_PROBLEM_LINES;
  const shown = lines.slice(0, MAX_PROBLEM_LINES);
  if (rest > 0) shown.push(`… and ${rest} more`);
  return { problems, warnings, errorLines: errors.length === 0 ? null : shown };
}
