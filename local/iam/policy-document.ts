import * as z from 'zod';
import { PolicyError } from './errors.ts';
import { type ConditionTest, compileConditions } from './policy-conditions.ts';
import { wildcard } from './wildcard.ts';

const OneOrMany = z.union([z.string(), z.array(z.string())]);
const ConditionBlock = z.record(z.string(), z.record(z.string(), z.union([OneOrMany, z.boolean(), z.number()])));
const Statement = z.looseObject({
  Effect: z.enum(['Allow', 'Deny']),
  Action: OneOrMany.optional(),
  NotAction: OneOrMany.optional(),
  Resource: OneOrMany.optional(),
  NotResource: OneOrMany.optional(),
  Principal: z.union([z.literal('*'), z.record(z.string(), OneOrMany)]).optional(),
  Condition: ConditionBlock.optional(),
});
const PolicyDocument = z.looseObject({ Statement: z.union([Statement, z.array(Statement)]) });

/** What a caller is to a resource policy. */
export interface PolicySubject {
  readonly kind: 'role' | 'service';
  /** A role's arn, or a service principal such as `events.amazonaws.com`. */
  readonly id: string;
}

/** One action on one resource, each as a policy spells it: `dynamodb:GetItem`, an arn, either with wildcards. */
export interface Grant {
  readonly action: string;
  readonly resource: string;
}

/** A statement of a policy, ready to be asked. */
export interface CompiledStatement {
  readonly effect: 'Allow' | 'Deny';
  /** Every action on every resource that it names and allows; none when it names them by exception. */
  readonly grants: readonly Grant[];
  readonly hasConditions: boolean;
  matchesAction(action: string): boolean;
  matchesResource(resource: string): boolean;
  matchesPrincipal(subject: PolicySubject, accountId: string): boolean;
  readonly conditions: ConditionTest;
}

/** Compiles a policy document. @throws {@link PolicyError} naming `owner` for what cannot be evaluated here. */
export function compilePolicy(document: unknown, owner: string): readonly CompiledStatement[] {
  const parsed = PolicyDocument.safeParse(document);
  if (!parsed.success) throw new PolicyError(`${owner}: ${z.prettifyError(parsed.error)}`);
  const { Statement: statements } = parsed.data;
  return (Array.isArray(statements) ? statements : [statements]).map((statement) => compile(statement, owner));
}

function compile(statement: z.infer<typeof Statement>, owner: string): CompiledStatement {
  const action = matcher(statement.Action, statement.NotAction, true);
  const resource = matcher(statement.Resource, statement.NotResource, false);
  const principal = statement.Principal;
  return {
    effect: statement.Effect,
    grants: statement.Effect === 'Allow' ? grantsOf(statement) : [],
    hasConditions: statement.Condition !== undefined,
    matchesAction: action,
    matchesResource: resource,
    matchesPrincipal: (subject, accountId) => principal === undefined || isPrincipal(principal, subject, accountId),
    conditions: compileConditions(statement.Condition ?? {}, owner),
  };
}

function grantsOf({ Action, Resource }: z.infer<typeof Statement>): readonly Grant[] {
  if (Action === undefined || Resource === undefined) return [];
  return asList(Action).flatMap((action) => asList(Resource).map((resource) => ({ action, resource })));
}

function asList(value: z.infer<typeof OneOrMany>): readonly string[] {
  return typeof value === 'string' ? [value] : value;
}

function matcher(
  wanted: z.infer<typeof OneOrMany> | undefined,
  unwanted: z.infer<typeof OneOrMany> | undefined,
  ignoreCase: boolean,
): (value: string) => boolean {
  const listed = wanted ?? unwanted;
  if (listed === undefined) return () => true;
  const patterns = asList(listed).map((pattern) => wildcard(pattern, ignoreCase));
  const isListed = (value: string): boolean => patterns.some((pattern) => pattern.test(value));
  return wanted === undefined ? (value) => !isListed(value) : isListed;
}

function isPrincipal(
  principal: '*' | Record<string, z.infer<typeof OneOrMany>>,
  subject: PolicySubject,
  accountId: string,
): boolean {
  if (principal === '*') return true;
  const listed = asList(principal[subject.kind === 'role' ? 'AWS' : 'Service'] ?? []);
  if (subject.kind === 'service') return listed.includes(subject.id);
  const account = [`arn:aws:iam::${accountId}:root`, accountId];
  return listed.some((one) => one === '*' || one === subject.id || account.includes(one));
}
