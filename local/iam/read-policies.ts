import * as z from 'zod';
import type { StackResource } from '../template/load-stack.ts';
import { PolicyError } from './errors.ts';
import { type CompiledStatement, compilePolicy, type Grant } from './policy-document.ts';

/** The permissions of a stack. */
export interface Policies {
  /** Statements by role name. */
  readonly roles: ReadonlyMap<string, readonly CompiledStatement[]>;
  /** Statements that a resource's own policy makes, by the resource's arn. */
  readonly resources: ReadonlyMap<string, readonly CompiledStatement[]>;
  /** Who may act as a role, by its name: its trust policy, read when somebody asks. */
  readonly trusts: ReadonlyMap<string, unknown>;
}

/** What the policies of a role, by its name, allow it. */
export interface RoleGrant extends Grant {
  readonly role: string;
}

/** Every grant of every role, each once. */
export function grantsOf({ roles }: Pick<Policies, 'roles'>): readonly RoleGrant[] {
  const found = [...roles].flatMap(([role, statements]) =>
    statements.flatMap(({ grants }) => grants.map((grant) => ({ role, ...grant }))),
  );
  return [...new Map(found.map((grant) => [grantLine(grant), grant])).values()];
}

/** The grant as one line of text. */
export function grantLine({ role, action, resource }: RoleGrant): string {
  return [role, action, resource].join(' ');
}

const InlinePolicy = z.looseObject({ PolicyName: z.string(), PolicyDocument: z.unknown() });
const Role = z.looseObject({
  Policies: z.array(InlinePolicy).default([]),
  ManagedPolicyArns: z.array(z.string()).default([]),
  AssumeRolePolicyDocument: z.unknown().optional(),
});
const AttachedPolicy = z.looseObject({ PolicyDocument: z.unknown(), Roles: z.array(z.string()).default([]) });
const QueuePolicy = z.looseObject({ PolicyDocument: z.unknown(), Queues: z.array(z.string()) });
const BucketPolicy = z.looseObject({ PolicyDocument: z.unknown(), Bucket: z.string() });
const Permission = z.looseObject({
  Action: z.string(),
  FunctionName: z.string(),
  Principal: z.string(),
  SourceArn: z.string().optional(),
});

/** AWS's own policies that grant nothing a service here would check: logs, traces, metrics. */
const harmlessManagedPolicies: ReadonlySet<string> = new Set([
  'arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole',
  'arn:aws:iam::aws:policy/AWSXRayDaemonWriteAccess',
  'arn:aws:iam::aws:policy/AWSXrayWriteOnlyAccess',
  'arn:aws:iam::aws:policy/CloudWatchLambdaInsightsExecutionRolePolicy',
  'arn:aws:iam::aws:policy/CloudWatchLambdaApplicationSignalsExecutionRolePolicy',
  'arn:aws:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs',
]);

class StatementMap {
  readonly statements = new Map<string, readonly CompiledStatement[]>();
  add(key: string, more: readonly CompiledStatement[]): void {
    this.statements.set(key, [...(this.statements.get(key) ?? []), ...more]);
  }
}

/** Collects every permission of a stack. @throws {@link PolicyError} for a policy that cannot be evaluated here. */
export function readPolicies(
  resources: readonly StackResource[],
  place: { readonly region: string; readonly accountId: string },
): Policies {
  const roles = new StatementMap();
  const owners = new StatementMap();
  const managed = new Map<string, readonly CompiledStatement[]>();
  for (const resource of ofType(resources, 'AWS::IAM::ManagedPolicy')) {
    const policy = parse(AttachedPolicy, resource);
    managed.set(resource.ref, compilePolicy(policy.PolicyDocument, resource.logicalId));
    for (const role of policy.Roles) roles.add(role, managed.get(resource.ref) ?? []);
  }
  for (const resource of ofType(resources, 'AWS::IAM::Role')) addRole(resource, managed, roles);
  for (const resource of ofType(resources, 'AWS::IAM::Policy')) {
    const policy = parse(AttachedPolicy, resource);
    const statements = compilePolicy(policy.PolicyDocument, resource.logicalId);
    for (const role of policy.Roles) roles.add(role, statements);
  }
  addResourcePolicies(resources, place, owners);
  const trusts = ofType(resources, 'AWS::IAM::Role').map(
    (resource) => [resource.physicalId, parse(Role, resource).AssumeRolePolicyDocument] as const,
  );
  return { roles: roles.statements, resources: owners.statements, trusts: new Map(trusts) };
}

function addRole(
  resource: StackResource,
  managed: ReadonlyMap<string, readonly CompiledStatement[]>,
  roles: StatementMap,
): void {
  const role = parse(Role, resource);
  roles.add(resource.physicalId, []);
  for (const policy of role.Policies) {
    roles.add(resource.physicalId, compilePolicy(policy.PolicyDocument, `${resource.logicalId}/${policy.PolicyName}`));
  }
  for (const arn of role.ManagedPolicyArns) {
    const own = managed.get(arn);
    if (own === undefined && !harmlessManagedPolicies.has(arn)) {
      throw new PolicyError(`${resource.logicalId}: the managed policy ${arn} is not known to the local platform`);
    }
    roles.add(resource.physicalId, own ?? []);
  }
}

function addResourcePolicies(
  resources: readonly StackResource[],
  place: { readonly region: string; readonly accountId: string },
  owners: StatementMap,
): void {
  for (const resource of ofType(resources, 'AWS::SQS::QueuePolicy')) {
    const policy = parse(QueuePolicy, resource);
    const statements = compilePolicy(policy.PolicyDocument, resource.logicalId);
    for (const url of policy.Queues) {
      owners.add(`arn:aws:sqs:${place.region}:${place.accountId}:${url.split('/').at(-1)}`, statements);
    }
  }
  for (const resource of ofType(resources, 'AWS::S3::BucketPolicy')) {
    const policy = parse(BucketPolicy, resource);
    owners.add(`arn:aws:s3:::${policy.Bucket}`, compilePolicy(policy.PolicyDocument, resource.logicalId));
  }
  for (const resource of ofType(resources, 'AWS::Lambda::Permission')) {
    const permission = parse(Permission, resource);
    const name = permission.FunctionName.split(':function:').at(-1);
    const arn = `arn:aws:lambda:${place.region}:${place.accountId}:function:${name}`;
    owners.add(arn, compilePolicy(permissionDocument(permission, arn), resource.logicalId));
  }
}

/** The statement that `lambda:AddPermission` writes. */
function permissionDocument(permission: z.infer<typeof Permission>, arn: string): unknown {
  const isService = permission.Principal.endsWith('.amazonaws.com');
  const condition =
    permission.SourceArn === undefined ? {} : { Condition: { ArnLike: { 'aws:SourceArn': permission.SourceArn } } };
  return {
    Statement: {
      Effect: 'Allow',
      Principal: isService ? { Service: permission.Principal } : { AWS: permission.Principal },
      Action: permission.Action,
      Resource: arn,
      ...condition,
    },
  };
}

function ofType(resources: readonly StackResource[], type: string): readonly StackResource[] {
  return resources.filter((resource) => resource.type === type);
}

function parse<Schema extends z.ZodType>(schema: Schema, resource: StackResource): z.infer<Schema> {
  const parsed = schema.safeParse(resource.properties);
  if (!parsed.success) throw new PolicyError(`${resource.logicalId}: ${z.prettifyError(parsed.error)}`);
  return parsed.data;
}
