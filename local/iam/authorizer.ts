import { AwsError } from '../contract.ts';
import type { RequestContext } from './policy-conditions.ts';
import { type CompiledStatement, compilePolicy, type PolicySubject } from './policy-document.ts';
import type { Policies, RoleGrant } from './read-policies.ts';
import { wildcard } from './wildcard.ts';

/** Who makes a request: a role, an AWS service on its own behalf, or the developer, who may do everything. */
export type Principal =
  | { readonly kind: 'role'; readonly arn: string }
  | { readonly kind: 'service'; readonly name: string; readonly sourceArn?: string }
  | { readonly kind: 'developer' };

/** One thing somebody wants to do. */
export interface AccessRequest {
  /** As policies spell it: `dynamodb:PutItem`. */
  readonly action: string;
  readonly resource: string;
  readonly context?: RequestContext;
}

export type Decision = 'allowed' | 'explicitly denied' | 'not allowed';

/** Decides by the stack's policies, as IAM does within one account: an explicit deny wins, then any allow, else no. */
export class Authorizer {
  readonly #policies: Policies;
  readonly #accountId: string;
  readonly #onUse: ((grant: RoleGrant) => void) | undefined;
  /** Decisions of roles without conditions depend on nothing but action and resource. */
  readonly #remembered = new Map<string, Decision>();

  /** `onUse` hears of every grant of a role that allowed something, the same one at least once. */
  constructor(policies: Policies, accountId: string, onUse?: (grant: RoleGrant) => void) {
    this.#policies = policies;
    this.#accountId = accountId;
    this.#onUse = onUse;
  }

  /** What the policies say. */
  decide(principal: Principal, request: AccessRequest): Decision {
    if (principal.kind === 'developer') return 'allowed';
    if (principal.kind === 'service')
      return this.#evaluate({ kind: 'service', id: principal.name }, [], {
        ...request,
        context: { ...request.context, ...(principal.sourceArn && { 'aws:sourcearn': principal.sourceArn }) },
      });
    const own = this.#policies.roles.get(roleName(principal.arn)) ?? [];
    const isStable = request.context === undefined && !own.some((statement) => statement.hasConditions);
    const key = `${principal.arn} ${request.action} ${request.resource}`;
    const known = isStable ? this.#remembered.get(key) : undefined;
    if (known !== undefined) return known;
    const decision = this.#evaluate({ kind: 'role', id: principal.arn }, own, request);
    if (isStable) this.#remember(key, decision);
    return decision;
  }

  /** @throws AwsError `AccessDeniedException` with AWS's wording when the request is not allowed. */
  check(principal: Principal, request: AccessRequest): void {
    const decision = this.decide(principal, request);
    if (decision === 'allowed') return;
    const reason =
      decision === 'explicitly denied'
        ? 'with an explicit deny in a policy'
        : `because no policy allows the ${request.action} action`;
    throw new AwsError(
      'AccessDeniedException',
      `User: ${this.describe(principal)} is not authorized to perform: ${request.action} on resource: ${request.resource} ${reason}`,
      403,
    );
  }

  /** Whether the role's trust policy lets a service act as it for one of the service's resources. */
  trusts(roleArn: string, service: { readonly name: string; readonly sourceArn: string }): boolean {
    const document = this.#policies.trusts.get(roleName(roleArn));
    if (document === undefined) return false;
    const context = { 'aws:sourceaccount': this.#accountId, 'aws:sourcearn': service.sourceArn };
    const matching = compilePolicy(document, roleArn).filter(
      (statement) =>
        statement.matchesAction('sts:AssumeRole') &&
        statement.matchesPrincipal({ kind: 'service', id: service.name }, this.#accountId) &&
        statement.conditions(context),
    );
    return matching.length > 0 && matching.every((statement) => statement.effect === 'Allow');
  }

  /** The principal as error messages name it. */
  describe(principal: Principal): string {
    if (principal.kind === 'developer') return `arn:aws:iam::${this.#accountId}:user/developer`;
    if (principal.kind === 'service') return principal.name;
    return `arn:aws:sts::${this.#accountId}:assumed-role/${roleName(principal.arn)}/local`;
  }

  #remember(key: string, decision: Decision): void {
    // Object keys make resources unbounded; forgetting everything now and then is simpler than an eviction order.
    if (this.#remembered.size >= 10_000) this.#remembered.clear();
    this.#remembered.set(key, decision);
  }

  #evaluate(subject: PolicySubject, own: readonly CompiledStatement[], request: AccessRequest): Decision {
    const context: RequestContext = {
      'aws:securetransport': 'true',
      'aws:sourceaccount': this.#accountId,
      ...(subject.kind === 'role' && { 'aws:principalarn': subject.id, 'aws:principalaccount': this.#accountId }),
      ...request.context,
    };
    const ofResource = this.#resourceStatements(request.resource).filter((statement) =>
      statement.matchesPrincipal(subject, this.#accountId),
    );
    // A service that does not say for which of its resources it acts is taken at its word.
    const isSourceUnknown = subject.kind === 'service' && context['aws:sourcearn'] === undefined;
    const isMatching = (statement: CompiledStatement): boolean =>
      statement.matchesAction(request.action) &&
      statement.matchesResource(request.resource) &&
      (statement.conditions(context) || (isSourceUnknown && statement.effect === 'Allow'));
    const matchingOwn = own.filter(isMatching);
    const matching = [...matchingOwn, ...ofResource.filter(isMatching)];
    if (matching.some((statement) => statement.effect === 'Deny')) return 'explicitly denied';
    this.#noteUse(subject.id, matchingOwn, request);
    return matching.length > 0 ? 'allowed' : 'not allowed';
  }

  #noteUse(roleArn: string, statements: readonly CompiledStatement[], { action, resource }: AccessRequest): void {
    if (this.#onUse === undefined) return;
    for (const grant of statements.flatMap(({ grants }) => grants)) {
      if (wildcard(grant.action, true).test(action) && wildcard(grant.resource).test(resource))
        this.#onUse({ role: roleName(roleArn), ...grant });
    }
  }

  #resourceStatements(resource: string): readonly CompiledStatement[] {
    const { resources } = this.#policies;
    // An object's policy is its bucket's.
    const owner = resource.startsWith('arn:aws:s3:::') ? (resource.split('/')[0] ?? resource) : resource;
    return resources.get(owner) ?? [];
  }
}

function roleName(arn: string): string {
  return arn.split('/').at(-1) ?? arn;
}
