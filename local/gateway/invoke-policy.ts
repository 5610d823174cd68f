import * as z from 'zod';

const OneOrMany = z.union([z.string().transform((one) => [one]), z.array(z.string())]);

const Statement = z
  .looseObject({ Effect: z.enum(['Allow', 'Deny']), Action: OneOrMany, Resource: OneOrMany })
  .refine((statement) => !('Condition' in statement), 'Condition is not supported');

/** The IAM policy a Lambda authorizer returns. Conditions are not evaluated: a policy with one is refused. */
export const InvokePolicy = z.looseObject({
  principalId: z.string().optional(),
  policyDocument: z.looseObject({
    Statement: z.union([Statement.transform((one) => [one]), z.array(Statement)]),
  }),
  context: z.record(z.string(), z.unknown()).nullish(),
});
export type InvokePolicy = z.infer<typeof InvokePolicy>;

function matches(pattern: string, text: string): boolean {
  const source = pattern
    .split(/([*?])/)
    .map((part) => (part === '*' ? '.*' : part === '?' ? '.' : part.replace(/[\\^$.|+()[\]{}]/g, '\\$&')))
    .join('');
  return new RegExp(`^${source}$`, 's').test(text);
}

/** Whether the policy allows `execute-api:Invoke` on the ARN: an explicit deny wins, silence denies. */
export function allowsInvoke(policy: InvokePolicy, arn: string): boolean {
  const effects = policy.policyDocument.Statement.filter(
    (statement) =>
      statement.Action.some((action) => matches(action.toLowerCase(), 'execute-api:invoke')) &&
      statement.Resource.some((resource) => matches(resource, arn)),
  ).map((statement) => statement.Effect);
  return effects.includes('Allow') && !effects.includes('Deny');
}
